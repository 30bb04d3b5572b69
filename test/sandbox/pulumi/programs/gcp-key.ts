/** A program as a stack has it: one provider, its API, a key and a grant; deployed by the in-process tests. */
import { CryptoKey, CryptoKeyIAMMember, KeyRing } from "@pulumi/gcp/kms";
import { Service } from "@pulumi/gcp/projects/service";
import { Provider } from "@pulumi/gcp/provider";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const provider = new Provider("tenant", { project: config.require("project"), region: "europe-west4" });
const api = new Service("api", { service: "cloudkms.googleapis.com", disableOnDestroy: false }, { provider });
const ring = new KeyRing("ring", { name: config.require("ring"), location: "europe-west4" }, { provider, dependsOn: api });
const key = new CryptoKey("key", { name: "key", keyRing: ring.id, rotationPeriod: "7776000s" }, { provider, protect: true });
const grant = new CryptoKeyIAMMember(
  "grant",
  { cryptoKeyId: key.id, role: "roles/cloudkms.cryptoKeyEncrypterDecrypter", member: config.require("member") },
  { provider, parent: key, protect: false },
);

export const keyName = key.id;
export const granted = grant.member;
