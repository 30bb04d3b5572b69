/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { openAzureKeyVaultKey } from "../../../runtime/master-key/azure-key-vault.js";
import { type AzureCertificates } from "../../../runtime/master-key/azure-certificate.js";
import { type AzureKeyVaultDescriptor } from "../../../runtime/master-key/descriptor.js";
import { type MasterKey, type ShareContext } from "../../../runtime/master-key/master-key.js";
import { startTestAzureSandbox, type TestAzureSandbox } from "../azure-sandbox.js";
import { selfSigned } from "../certificates.js";
import { bytesOf, hex, refusal, shown, spellings, temporaryFolder } from "../support.js";
import { masterKeyConformance, type Revocation } from "./conformance.js";

const folder = temporaryFolder();
const SHARE = bytesOf("azure share");
const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s-1", generation: 2 };

function openIn(started: TestAzureSandbox, descriptor: AzureKeyVaultDescriptor, certificates?: AzureCertificates): Promise<MasterKey> {
  return openAzureKeyVaultKey(descriptor, {
    endpoints: started.endpoints,
    certificates: certificates ?? started.credentials["azure-key-vault"],
  });
}

for (const operation of ["encrypt", "wrap"] as const) {
  masterKeyConformance({
    provider: "azure-key-vault",
    variant: operation,
    tenant: "acme",
    revocations: ["disabling", "withdrawing the grant", "deleting it", "closing the firewall"],
    // Encrypt and Decrypt, the only permissions that are granted, do not include Get.
    described: "ACCESS_DENIED",
    // A wrap names the version that made it; of another key it names one that this key does not have, as if it were deleted.
    foreignWrap: ["KEY_NOT_FOUND"],
    rotation: "shows in wraps",
    async start() {
      const started = await startTestAzureSandbox(folder);
      const { azure } = started;
      const first = await started.createKey("acme", { operation });
      const second = await started.createKeyBeside(first);
      const { keyUri } = first;
      const vault = new URL(keyUri).hostname.split(".")[0] ?? "";
      const by = (code: Revocation["code"], act: () => unknown, more: Partial<Revocation> = {}): Revocation => ({
        code,
        revoke: async () => {
          act();
        },
        restore: async () => {
          azure.restore(keyUri);
        },
        ...more,
      });
      return {
        openKey: () => openIn(started, first),
        openOtherKey: () => openIn(started, second),
        revocations: {
          // Key Vault goes on encrypting with a disabled key.
          disabling: by("KEY_DISABLED", () => azure.revoke(keyUri, "disable"), { stillWraps: true }),
          "withdrawing the grant": by("ACCESS_DENIED", () => azure.revoke(keyUri, "grant")),
          "deleting it": by("KEY_NOT_FOUND", () => azure.scheduleDeletion(keyUri, 90)),
          "closing the firewall": by("NETWORK_BLOCKED", () => {
            azure.firewall({ vault, closed: true });
          }),
        },
        rotateOtherKey: async () => {
          azure.rotate(second.keyUri);
        },
        close: () => started.close(),
      };
    },
  });
}
