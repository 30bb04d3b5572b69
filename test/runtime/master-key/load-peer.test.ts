import { describe, expect, test } from "@jest/globals";
import { loadPeer } from "../../../runtime/master-key/load-peer.js";
import { refusal } from "../support.js";

const PACKAGE = "@aws-sdk/client-kms";

function missing(code: string, what: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(`Cannot find package '${what}'`), { code }));
}

describe("loadPeer", () => {
  test("gives what was loaded", async () => {
    const sdk = {};
    expect(await loadPeer(PACKAGE, "aws-kms", async () => sdk)).toBe(sdk);
  });

  test.each(["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"])("says what to install (%s)", async (code) => {
    const error = await refusal(loadPeer(PACKAGE, "aws-kms", () => missing(code, PACKAGE)));
    expect(error).toMatchObject({
      code: "CONFIG_INVALID",
      provider: "aws-kms",
      message: "Provider aws-kms needs @aws-sdk/client-kms: npm install @aws-sdk/client-kms",
    });
    expect(error.cause).toMatchObject({ code });
  });

  test.each<[string, () => Promise<never>]>([
    ["a missing part of the package is another problem", () => missing("MODULE_NOT_FOUND", "tslib")],
    ["so is a package that fails while it loads", () => Promise.reject(new Error(`${PACKAGE} is broken`))],
  ])("%s", async (_name, load) => {
    await expect(loadPeer(PACKAGE, "aws-kms", load)).rejects.not.toHaveProperty("code", "CONFIG_INVALID");
  });
});
