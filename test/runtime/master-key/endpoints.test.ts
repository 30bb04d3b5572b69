import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Mode, resolveEndpoints, SANDBOX_VARIABLE } from "../../../runtime/master-key/endpoints.js";
import { temporaryFolder, thrownBy } from "../support.js";

const folder = temporaryFolder();
const REFUSED = 'Production mode refuses redirected endpoints: unset BYOK_SANDBOX, or ask for mode "development".';
let before: string | undefined;

beforeEach(() => {
  before = process.env[SANDBOX_VARIABLE];
  Reflect.deleteProperty(process.env, SANDBOX_VARIABLE);
});

afterEach(() => {
  if (before === undefined) Reflect.deleteProperty(process.env, SANDBOX_VARIABLE);
  else process.env[SANDBOX_VARIABLE] = before;
});

function sandboxFile(text: string): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, text);
  return path;
}

const RUNNING = JSON.stringify({ schema: 1, endpoints: { "aws-kms": "http://127.0.0.1:4566" }, control: "x", more: 1 });

describe("resolveEndpoints", () => {
  test.each<Mode>(["production", "development"])("%s: none, if none are given and no sandbox is named", (mode) => {
    expect(resolveEndpoints(mode)).toEqual({});
    process.env[SANDBOX_VARIABLE] = "";
    expect(resolveEndpoints(mode)).toEqual({});
  });

  test("production refuses given endpoints, even empty ones", () => {
    expect(thrownBy(() => resolveEndpoints("production", { "aws-kms": "http://127.0.0.1:1" }))).toMatchObject({ code: "CONFIG_INVALID", message: REFUSED });
    expect(thrownBy(() => resolveEndpoints("production", {}))).toMatchObject({ code: "CONFIG_INVALID", message: REFUSED });
  });

  test("production refuses a sandbox, running or not", () => {
    for (const path of [sandboxFile(RUNNING), join(folder, "missing.json")]) {
      process.env[SANDBOX_VARIABLE] = path;
      expect(thrownBy(() => resolveEndpoints("production"))).toMatchObject({ code: "CONFIG_INVALID", message: REFUSED });
    }
  });

  test.each(["Development", "dev", "", "test"])("a mode that is neither (%j) is no development", (mode) => {
    expect(thrownBy(() => resolveEndpoints(mode as Mode, { "aws-kms": "http://127.0.0.1:1" }))).toMatchObject({ message: REFUSED });
  });

  test.each(["http://127.0.0.1:4566", "http://localhost:4566/", "https://[::1]:1/path", "http://LOCALHOST:9"])(
    "development takes %s",
    (url) => {
      expect(resolveEndpoints("development", { "aws-kms": url })).toEqual({ "aws-kms": url });
    },
  );

  test.each([
    "https://kms.eu-central-1.amazonaws.com",
    "http://127.0.0.1.example.com:4566",
    "http://127.0.0.1@example.com/",
    "http://example.com/127.0.0.1",
    "http://0.0.0.0:4566",
    "http://169.254.169.254/",
    "http://10.0.0.1:4566",
    "http://[::]:1",
    "127.0.0.1:4566",
    "",
  ])("development refuses %j: it is not on loopback", (url) => {
    expect(thrownBy(() => resolveEndpoints("development", { "aws-kms": url }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `The endpoint for aws-kms is not on loopback: ${url}`,
      provider: "aws-kms",
    });
  });

  test("development reads the sandbox's file, and given endpoints outrank it", () => {
    process.env[SANDBOX_VARIABLE] = sandboxFile(RUNNING);
    expect(resolveEndpoints("development")).toEqual({ "aws-kms": "http://127.0.0.1:4566" });
    expect(resolveEndpoints("development", { "aws-kms": "http://127.0.0.1:1" })).toEqual({ "aws-kms": "http://127.0.0.1:1" });
  });

  test("a sandbox file cannot lead off loopback either", () => {
    process.env[SANDBOX_VARIABLE] = sandboxFile(RUNNING.replace("127.0.0.1", "example.com"));
    expect(thrownBy(() => resolveEndpoints("development"))).toMatchObject({
      code: "CONFIG_INVALID",
      message: "The endpoint for aws-kms is not on loopback: http://example.com:4566",
    });
  });

  test.each<[string, string | undefined]>([
    ["missing", undefined],
    ["empty", ""],
    ["no JSON", "{"],
    ["of another schema", RUNNING.replace('"schema":1', '"schema":2')],
    ["without endpoints", '{"schema":1}'],
    ["without the endpoint of AWS", '{"schema":1,"endpoints":{}}'],
    ["with an endpoint that is no URL", '{"schema":1,"endpoints":{"aws-kms":"here"}}'],
  ])("a sandbox file that is %s is refused by name", (_name, text) => {
    const path = text === undefined ? join(folder, "missing.json") : sandboxFile(text);
    process.env[SANDBOX_VARIABLE] = path;
    const error = thrownBy(() => resolveEndpoints("development"));
    expect(error).toMatchObject({
      code: "CONFIG_INVALID",
      message: `BYOK_SANDBOX names ${path}, which is not the file of a running sandbox: start one with \`byok sandbox start\`.`,
    });
    expect(error.cause).toBeDefined();
  });
});
