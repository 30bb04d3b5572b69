import { describe, expect, test } from "@jest/globals";
import { assertGcpEnvironment } from "../../../runtime/master-key/gcp-kms-environment.js";
import { thrownBy } from "../support.js";

const DETAILS = { provider: "gcp-kms", keyId: "k", tenant: "acme" };

describe("assertGcpEnvironment", () => {
  test.each<[string, NodeJS.ProcessEnv, string]>([
    ["logging of everything", { GOOGLE_SDK_NODE_LOGGING: "*" }, "GOOGLE_SDK_NODE_LOGGING is set: with it Google's SDK prints the keys that it decrypts. Unset it."],
    ["logging of something else, as it seems", { GOOGLE_SDK_NODE_LOGGING: "storage" }, "GOOGLE_SDK_NODE_LOGGING is set: with it Google's SDK prints the keys that it decrypts. Unset it."],
    ["another universe", { GOOGLE_CLOUD_UNIVERSE_DOMAIN: "evil.example" }, "GOOGLE_CLOUD_UNIVERSE_DOMAIN is evil.example: keys are sought at cloudkms.googleapis.com only. Unset it."],
    ["device certificates", { GOOGLE_API_USE_CLIENT_CERTIFICATE: "true" }, "GOOGLE_API_USE_CLIENT_CERTIFICATE is set, but device certificates are not presented. Unset it."],
  ])("refuses %s", (_name, environment, message) => {
    expect(thrownBy(() => { assertGcpEnvironment(environment, DETAILS); })).toMatchObject({ code: "CONFIG_INVALID", message, ...DETAILS });
  });

  test.each<[string, NodeJS.ProcessEnv]>([
    ["nothing", {}],
    ["empty variables", { GOOGLE_SDK_NODE_LOGGING: "", GOOGLE_CLOUD_UNIVERSE_DOMAIN: "", GOOGLE_API_USE_CLIENT_CERTIFICATE: "" }],
    ["the one universe", { GOOGLE_CLOUD_UNIVERSE_DOMAIN: "googleapis.com" }],
    ["device certificates that are off", { GOOGLE_API_USE_CLIENT_CERTIFICATE: "false" }],
    ["a proxy: TLS goes through it unopened", { HTTPS_PROXY: "http://127.0.0.1:3128" }],
  ])("takes %s", (_name, environment) => {
    expect(() => { assertGcpEnvironment(environment, DETAILS); }).not.toThrow();
  });
});
