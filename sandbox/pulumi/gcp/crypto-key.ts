/**
 * `gcp:kms/cryptoKey:CryptoKey`. Source: terraform-provider-google, services/kms/resource_kms_crypto_key.go (schema, what an
 * update names, deletion destroys every version and ends the rotation) and kms_utils.go (validation); names and
 * deletionPolicy: @pulumi/gcp/kms/cryptoKey.d.ts.
 *
 * @module
 */
import { type protos } from "@google-cloud/kms";

import { type Deployed, type ResourceType } from "../resource-type.js";
import { flagOf, type Properties, sameValue, shown, textMapOf, textOf, type Value } from "../values.js";
import { isGoogleError } from "./client.js";
import { changedLabels, deletionPolicy, deletionPolicyOf, failed, type GcpContext, labelViews, mayDelete, newLabels, requireNamed } from "./context.js";

type CryptoKey = protos.google.cloud.kms.v1.ICryptoKey;
type Duration = protos.google.protobuf.IDuration;

/** validateKmsCryptoKeyRotationPeriod; empty is as good as absent (verify.OrEmpty). */
function rotationPeriodProblem(value: Value): string | undefined {
  const text = shown(value);
  if (text === "") return undefined;
  const [, number] = /^([0-9.]*\d)s$/.exec(text) ?? [];
  if (number === undefined) return `Invalid rotation period format: ${text}`;
  if (Number(number) < 86_400) return "Rotation period must be greater than one day";
  return (number.split(".")[1] ?? "").length > 9 ? "Rotation period cannot have more than 9 fractional digits" : undefined;
}

/** A symmetric key. */
export const cryptoKeyType: ResourceType<GcpContext> = {
  token: "gcp:kms/cryptoKey:CryptoKey",
  inputs: {
    cryptoKeyBackend: { type: "string", computed: true, replaces: true, only: "" },
    deletionPolicy,
    destroyScheduledDuration: { type: "string", computed: true, replaces: true },
    importOnly: { type: "boolean", computed: true, replaces: true, only: false },
    keyRing: { type: "string", required: true, replaces: true },
    labels: { type: "tags" },
    name: { type: "string", computed: true, replaces: true },
    purpose: { type: "string", byDefault: "ENCRYPT_DECRYPT", replaces: true, only: "ENCRYPT_DECRYPT" },
    rotationPeriod: { type: "string", problem: rotationPeriodProblem },
    // Only looked at when the key is made; absent and false are the same.
    skipInitialVersionCreation: { type: "boolean", computed: true },
    versionTemplate: {
      type: "object",
      computed: true,
      members: {
        algorithm: { type: "string", required: true, only: "GOOGLE_SYMMETRIC_ENCRYPTION" },
        protectionLevel: { type: "string", byDefault: "SOFTWARE", replaces: true },
      },
    },
  },
  computed: ["cryptoKeyBackend", "destroyScheduledDuration", "effectiveLabels", "importOnly", "primaries", "pulumiLabels", "versionTemplate"],
  stable: ["cryptoKeyBackend", "destroyScheduledDuration", "importOnly", "keyRing", "name", "purpose"],
  check: (inputs) => requireNamed(inputs, "name"),

  async create(context, inputs) {
    const parent = textOf(inputs, "keyRing") ?? "";
    const cryptoKeyId = textOf(inputs, "name") ?? "";
    const duration = textOf(inputs, "destroyScheduledDuration");
    const template = inputs["versionTemplate"] as Properties | undefined;
    const cryptoKey: CryptoKey = {
      purpose: "ENCRYPT_DECRYPT",
      labels: newLabels(context, inputs),
      ...(await schedule(context, textOf(inputs, "rotationPeriod"))),
      ...(duration === undefined ? {} : { destroyScheduledDuration: toDuration(duration) }),
      ...(template === undefined
        ? {}
        : { versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: levelOf(template) } }),
    };
    const skipInitialVersionCreation = flagOf(inputs, "skipInitialVersionCreation");
    await context.google
      .kms((client) => client.createCryptoKey({ parent, cryptoKeyId, cryptoKey, skipInitialVersionCreation }))
      .catch((error: unknown) => {
        throw failed("Error creating CryptoKey", error);
      });
    return existing(await readCryptoKey(context, `${parent}/cryptoKeys/${cryptoKeyId}`, inputs));
  },

  read: readCryptoKey,

  async update(context, id, deployed, inputs) {
    const paths: string[] = [];
    let cryptoKey: CryptoKey = { name: id };
    if ((textOf(deployed, "rotationPeriod") ?? "") !== (textOf(inputs, "rotationPeriod") ?? "")) {
      // Without a period, both are cleared by being named and absent.
      paths.push("rotation_period", "next_rotation_time");
      cryptoKey = { ...cryptoKey, ...(await schedule(context, textOf(inputs, "rotationPeriod"))) };
    }
    const labels = changedLabels(deployed, inputs);
    if (!sameValue(labels, textMapOf(deployed, "effectiveLabels"))) {
      paths.push("labels");
      cryptoKey = { ...cryptoKey, labels };
    }
    if (paths.length > 0) {
      await context.google.kms((client) => client.updateCryptoKey({ cryptoKey, updateMask: { paths } })).catch((error: unknown) => {
        throw failed(`Error updating CryptoKey "${id}"`, error);
      });
    }
    return existing(await readCryptoKey(context, id, inputs));
  },

  async delete({ google }, id, deployed) {
    if (!mayDelete(deployed, "KMSCryptoKey")) return;
    const versions = await google.kms((client) => client.listCryptoKeyVersions({ parent: id }));
    for (const { name, state } of versions) {
      if (state !== "DESTROYED" && state !== "DESTROY_SCHEDULED") {
        await google.kms((client) => client.destroyCryptoKeyVersion({ name: name ?? "" }));
      }
    }
    // A rotation would make a new version.
    if ((textOf(deployed, "rotationPeriod") ?? "") !== "") {
      await google
        .kms((client) => client.updateCryptoKey({ cryptoKey: { name: id }, updateMask: { paths: ["rotation_period", "next_rotation_time"] } }))
        .catch((error: unknown) => {
          throw failed("While cryptoKeyVersions were cleared, Pulumi was unable to disable automatic rotation of key due to an error", error);
        });
    }
  },
};

async function readCryptoKey({ google }: GcpContext, id: string, known: Properties): Promise<Deployed | undefined> {
  const [, keyRing, name] = /^(projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+)\/cryptoKeys\/([^/]+)$/.exec(id) ?? [];
  if (keyRing === undefined || name === undefined) throw new Error(`Invalid CryptoKey id format: ${id}`);
  let key: CryptoKey;
  try {
    key = await google.kms((client) => client.getCryptoKey({ name: id }));
  } catch (error) {
    if (isGoogleError(error, 404)) return undefined;
    throw failed(`Error when reading or editing KMSCryptoKey "${id}"`, error);
  }
  const { primary, rotationPeriod } = key;
  const state: Properties = {
    cryptoKeyBackend: key.cryptoKeyBackend ?? "",
    deletionPolicy: deletionPolicyOf(known),
    destroyScheduledDuration: fromDuration(key.destroyScheduledDuration),
    importOnly: key.importOnly ?? false,
    keyRing,
    name,
    primaries: primary === null || primary === undefined ? [] : [{ name: primary.name ?? "", state: String(primary.state) }],
    purpose: String(key.purpose),
    skipInitialVersionCreation: flagOf(known, "skipInitialVersionCreation"),
    versionTemplate: {
      algorithm: String(key.versionTemplate?.algorithm),
      protectionLevel: String(key.versionTemplate?.protectionLevel),
    },
    ...labelViews(key.labels ?? {}, known),
    ...(rotationPeriod === null || rotationPeriod === undefined ? {} : { rotationPeriod: fromDuration(rotationPeriod) }),
  };
  return { id, state };
}

/** A period and the first time, which is a period from now (kmsCryptoKeyNextRotation). */
async function schedule({ google }: GcpContext, period: string | undefined): Promise<Pick<CryptoKey, "rotationPeriod" | "nextRotationTime">> {
  if (period === undefined || period === "") return {};
  const seconds = (await google.now()) / 1000 + Number(period.replace(/s$/, ""));
  return { rotationPeriod: toDuration(period), nextRotationTime: { seconds: Math.floor(seconds), nanos: Math.round((seconds % 1) * 1e9) } };
}

function levelOf(template: Properties): "SOFTWARE" | "HSM" {
  // What else there is, Google refuses.
  return shown(template["protectionLevel"] ?? "SOFTWARE") as "SOFTWARE" | "HSM";
}

/** `7776000.5s`, the JSON form of a Duration. */
function toDuration(text: string): Duration {
  const [seconds = "0", fraction = ""] = text.replace(/s$/, "").split(".");
  return { seconds: Number(seconds), nanos: Number(fraction.padEnd(9, "0")) };
}

function fromDuration(duration: Duration | null | undefined): string {
  const fraction = String(duration?.nanos ?? 0).padStart(9, "0").replace(/0+$/, "");
  return `${String(duration?.seconds ?? 0)}${fraction === "" ? "" : `.${fraction}`}s`;
}

function existing(deployed: Deployed | undefined): Deployed {
  if (deployed === undefined) throw new Error("Error reading CryptoKey: it is gone");
  return deployed;
}
