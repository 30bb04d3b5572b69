import { describe, expect, test } from "@jest/globals";
import { onlyTo } from "../../../runtime/master-key/azure-key-vault-host.js";
import { asByokError } from "../support.js";

const DETAILS = { provider: "azure-key-vault", keyId: "https://acme.vault.azure.net/keys/k", tenant: "acme" };
type Send = ReturnType<typeof onlyTo>["policy"]["sendRequest"];

/** Where a request got to: the answer, or the refusal. */
async function sent(url: string): Promise<unknown> {
  const { policy, position } = onlyTo("acme.vault.azure.net", DETAILS);
  expect(position).toBe("perRetry");
  const request = { url } as Parameters<Send>[0];
  const answer = { request, status: 200 } as Awaited<ReturnType<Send>>;
  return policy.sendRequest(request, async () => answer).then(({ status }) => status, asByokError);
}

describe("onlyTo", () => {
  test.each(["https://acme.vault.azure.net/keys/k//encrypt?api-version=x", "https://ACME.vault.azure.net/", "https://acme.vault.azure.net:443/"])("%s passes", async (url) => {
    expect(await sent(url)).toBe(200);
  });

  test.each([
    ["http://acme.vault.azure.net/", "http://acme.vault.azure.net"],
    ["https://evil.vault.azure.net/", "https://evil.vault.azure.net"],
    ["https://acme.vault.azure.net.evil.example/", "https://acme.vault.azure.net.evil.example"],
    ["https://acme.vault.azure.net@evil.example/", "https://evil.example"],
    ["https://acme.vault.azure.net:8443/", "https://acme.vault.azure.net:8443"],
    ["https://127.0.0.1/", "https://127.0.0.1"],
    ["http://169.254.169.254/metadata", "http://169.254.169.254"],
  ])("%s is refused, and nothing is sent", async (url, where) => {
    expect(await sent(url)).toMatchObject({
      code: "CONFIG_INVALID",
      message: `The Azure configuration of this machine sends calls for acme.vault.azure.net to ${where}; nothing was sent. Unset AZURE_AUTHORITY_HOST and AZURE_REGIONAL_AUTHORITY_NAME.`,
      ...DETAILS,
    });
  });
});
