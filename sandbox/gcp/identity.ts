/**
 * Key files of service accounts, in Google's format (IAM documentation, "Create and delete service account keys"). Their
 * private keys sign nothing that anybody but the sandbox believes.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { makePrivateDirectory, replacePrivateFile } from "../files.js";
import { type ServiceAccountRecord } from "./state.js";

/** Folder of the key files within the sandbox's directory. */
const FOLDER = "gcp-keys";

/**
 * The key file of an account; made, with a fresh key, if there is none.
 *
 * @param save persists the account, which gets the public key.
 * @returns its path; the file is readable by its owner only.
 */
export function keyFileOf(directory: string, account: ServiceAccountRecord, save: () => void): string {
  const folder = join(directory, FOLDER);
  const path = join(folder, `${account.name}.json`);
  if (account.keys.length > 0 && existsSync(path)) return path;
  // 2048 bits: what Google makes (google.iam.admin.v1, KEY_ALG_RSA_2048).
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const id = randomBytes(20).toString("hex");
  makePrivateDirectory(folder);
  const contents = {
    type: "service_account",
    project_id: account.project,
    private_key_id: id,
    private_key: privateKey,
    client_email: account.email,
    client_id: account.uniqueId,
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: "https://oauth2.googleapis.com/token",
    auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(account.email)}`,
    universe_domain: "googleapis.com",
  };
  replacePrivateFile(path, `${JSON.stringify(contents, null, 2)}\n`);
  account.keys.push({ id, publicKey });
  save();
  return path;
}
