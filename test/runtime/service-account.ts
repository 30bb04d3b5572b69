/** Key files of service accounts, for tests. */
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";

/** Writes a service account's key as Google gives it out; the key pair is made for the test. */
export function writeServiceAccountKey(path: string, email: string): void {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(
    path,
    JSON.stringify({
      type: "service_account",
      project_id: "service-prod",
      private_key_id: "0123456789abcdef",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      client_email: email,
      token_uri: "https://oauth2.googleapis.com/token",
      universe_domain: "googleapis.com",
    }),
    { mode: 0o600 },
  );
}
