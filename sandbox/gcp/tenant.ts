/**
 * What the tenant does to its key: the acts of `byok sandbox revoke`, `restore` and so on. They are made through Cloud KMS
 * by the deployer of the key's project, so that states, roles and the audit log apply to them too.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type CloudKeyStatus, type RevocationRoute, type TenantCloud } from "../cloud.js";
import { GoogleError } from "./errors.js";
import { type GoogleCloud, type MethodName, type RequestOf } from "./google-cloud.js";
import { DAY_MS, primaryOf } from "./keys.js";
import { parseName, versionName } from "./names.js";
import { type CryptoKeyRecord, deployerOf, type ServiceAccountRecord, type TakenAway, type VersionRecord } from "./state.js";

/** The tenant of every key, by the project the key is in. */
export class GcpTenant implements TenantCloud {
  readonly provider = "gcp-kms";
  readonly #cloud: GoogleCloud;

  constructor(cloud: GoogleCloud) {
    this.#cloud = cloud;
  }

  keys(): CloudKeyStatus[] {
    const { keys, takenAway } = this.#cloud.state;
    return keys.map((key) => {
      const deletion = deletionOf(key);
      return {
        provider: this.provider,
        keyId: key.name,
        state: primaryOf(key)?.state ?? "NO_PRIMARY",
        ...(deletion === undefined ? {} : { deletionDate: new Date(deletion).toISOString() }),
        grantedTo: [...new Set(outsiders(key).map(({ member }) => member))],
        versions: key.versions.map(({ id, state }) => ({ version: versionName(key.name, id), state, newest: id === key.primary })),
        revoked: takenAway[key.name] !== undefined,
        notes: [
          `protection level ${key.protectionLevel}`,
          // Rotation does not ask for the state of the other versions: it brings a disabled key back.
          ...(key.nextRotationAt === null ? [] : [`next rotation ${new Date(key.nextRotationAt).toISOString()}, which makes an enabled version`]),
        ],
      };
    });
  }

  /** By `disable`, every enabled version; by `grant`, the bindings of everybody outside the project. */
  revoke(keyId: string, by: RevocationRoute): CloudKeyStatus {
    const key = this.#find(keyId);
    if (by === "disable") {
      const enabled = key.versions.filter(({ state }) => state === "ENABLED");
      if (enabled.length === 0) throw nothing(`${key.name} has no enabled version: there is nothing to disable.`);
      for (const version of enabled) {
        this.#setState(key, version, "DISABLED");
        this.#remember(key, { versions: [version.id] });
      }
    } else {
      const grants = outsiders(key);
      if (grants.length === 0) throw nothing(`The policy of ${key.name} names nobody outside its project: there is no grant to withdraw.`);
      this.#setPolicy(key, (role, member) => !grants.some((grant) => grant.role === role && grant.member === member), []);
      this.#remember(key, { grants });
    }
    return this.#status(key);
  }

  restore(keyId: string): CloudKeyStatus {
    const key = this.#find(keyId);
    const taken = this.#cloud.state.takenAway[key.name];
    if (taken === undefined) throw nothing(`Nothing was taken away from ${key.name}: there is nothing to restore.`);
    for (const version of key.versions.filter(({ id }) => taken.versions.includes(id))) {
      if (version.state === "DESTROY_SCHEDULED") this.#act(key, "RestoreCryptoKeyVersion", { name: versionName(key.name, version.id) });
      // After the restoration, which leaves it disabled. A destroyed version cannot come back.
      if (version.state === "DISABLED") this.#setState(key, version, "ENABLED");
    }
    if (taken.grants.length > 0) this.#setPolicy(key, () => true, taken.grants);
    Reflect.deleteProperty(this.#cloud.state.takenAway, key.name);
    this.#cloud.save();
    return this.#status(key);
  }

  rotate(keyId: string): CloudKeyStatus {
    const key = this.#find(keyId);
    this.#act(key, "CreateCryptoKeyVersion", { parent: key.name });
    this.#act(key, "UpdateCryptoKeyPrimaryVersion", { name: key.name, cryptoKeyVersionId: String(key.versions.length) });
    return this.#status(key);
  }

  /** Schedules every version's destruction: Google deletes no keys, and the key itself says after how long it happens. */
  scheduleDeletion(keyId: string, days: number): CloudKeyStatus {
    const key = this.#find(keyId);
    const fixed = key.destroyScheduledDuration / DAY_MS;
    if (days !== fixed) {
      throw new ByokError(
        "CONFIG_INVALID",
        `Google Cloud destroys the versions of ${key.name} ${fixed} days after they are scheduled: the key's destroyScheduledDuration, which cannot be changed. Ask for ${fixed} days.`,
        { provider: this.provider, keyId: key.name },
      );
    }
    const left = key.versions.filter(({ state }) => state === "ENABLED" || state === "DISABLED");
    if (left.length === 0) throw nothing(`${key.name} has no version whose destruction could be scheduled.`);
    for (const version of left) {
      const wasEnabled = version.state === "ENABLED";
      this.#act(key, "DestroyCryptoKeyVersion", { name: versionName(key.name, version.id) });
      if (wasEnabled) this.#remember(key, { versions: [version.id] });
    }
    return this.#status(key);
  }

  disableVersion(keyId: string, version: string): CloudKeyStatus {
    const key = this.#find(keyId);
    const found = findVersion(key, version);
    if (found.state !== "ENABLED") throw nothing(`${version} is not enabled, its state is ${found.state}.`);
    this.#setState(key, found, "DISABLED");
    this.#remember(key, { versions: [found.id] });
    return this.#status(key);
  }

  /** Schedules one version's destruction. {@link restore} leaves it alone; RestoreCryptoKeyVersion still works meanwhile. */
  destroyVersion(keyId: string, version: string): CloudKeyStatus {
    const key = this.#find(keyId);
    const found = findVersion(key, version);
    this.#act(key, "DestroyCryptoKeyVersion", { name: versionName(key.name, found.id) });
    this.#forget(key, found.id);
    return this.#status(key);
  }

  #setState(key: CryptoKeyRecord, version: VersionRecord, state: "ENABLED" | "DISABLED"): void {
    this.#act(key, "UpdateCryptoKeyVersion", {
      cryptoKeyVersion: { name: versionName(key.name, version.id), state },
      updateMask: { paths: ["state"] },
    });
  }

  #setPolicy(key: CryptoKeyRecord, keep: (role: string, member: string) => boolean, add: TakenAway["grants"]): void {
    const kept = key.policy.bindings.map(({ role, members }) => ({ role, members: members.filter((member) => keep(role, member)) }));
    const added = add.map(({ role, member }) => ({ role, members: [member] }));
    const etag = Buffer.from(key.policy.etag, "base64");
    this.#act(key, "SetIamPolicy", { resource: key.name, policy: { bindings: [...kept, ...added], etag } });
  }

  /** One method as the deployer of the key's project; Google's refusals become ours. */
  #act<Name extends MethodName>(key: CryptoKeyRecord, method: Name, request: RequestOf<Name>): void {
    try {
      this.#cloud.invoke(method, this.#deployer(key), request);
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
      throw new ByokError("CONFIG_INVALID", `${method} was refused: ${error.name}: ${error.message}`, {
        provider: this.provider,
        keyId: key.name,
        cause: error,
      });
    }
  }

  #deployer(key: CryptoKeyRecord): ServiceAccountRecord {
    const { accounts, projects } = this.#cloud.state;
    const project = projects.find(({ projectId }) => projectId === projectOf(key));
    // A project that a deployer made is administered by that deployer.
    const owners = project?.policy.bindings.find(({ role }) => role === "roles/owner")?.members ?? [];
    const found =
      accounts.find(({ name }) => name === deployerOf(projectOf(key))) ??
      accounts.find(({ email }) => owners.includes(`serviceAccount:${email}`));
    if (found === undefined) throw new Error(`the project of ${key.name} has no owner`);
    return found;
  }

  #remember(key: CryptoKeyRecord, taken: Partial<TakenAway>): void {
    const before = this.#cloud.state.takenAway[key.name] ?? { versions: [], grants: [] };
    this.#cloud.state.takenAway[key.name] = {
      versions: [...new Set([...before.versions, ...(taken.versions ?? [])])],
      grants: [...before.grants, ...(taken.grants ?? [])],
    };
    this.#cloud.save();
  }

  #forget(key: CryptoKeyRecord, version: number): void {
    const before = this.#cloud.state.takenAway[key.name];
    if (before === undefined) return;
    const versions = before.versions.filter((id) => id !== version);
    if (versions.length === 0 && before.grants.length === 0) Reflect.deleteProperty(this.#cloud.state.takenAway, key.name);
    else this.#cloud.state.takenAway[key.name] = { ...before, versions };
    this.#cloud.save();
  }

  #status(key: CryptoKeyRecord): CloudKeyStatus {
    const status = this.keys().find(({ keyId }) => keyId === key.name);
    if (status === undefined) throw new Error(`${key.name} vanished`);
    return status;
  }

  #find(keyId: string): CryptoKeyRecord {
    const { keys } = this.#cloud.state;
    const found = keys.find(({ name }) => name === keyId);
    if (found !== undefined) return found;
    const why = parseName(keyId)?.kind === "cryptoKey" ? "does not exist in the sandbox" : "is not the resource name of a key";
    const listed = keys.map(({ name }) => `  ${name}`).join("\n");
    throw new ByokError("CONFIG_INVALID", `${keyId} ${why}. ${keys.length === 0 ? "Its Google Cloud has no keys." : `Its keys:\n${listed}`}`);
  }
}

function nothing(message: string): ByokError {
  return new ByokError("CONFIG_INVALID", message, { provider: "gcp-kms" });
}

function findVersion(key: CryptoKeyRecord, reference: string): VersionRecord {
  const found = key.versions.find(({ id }) => versionName(key.name, id) === reference);
  if (found === undefined) {
    const listed = key.versions.map(({ id, state }) => `  ${versionName(key.name, id)} (${state})`).join("\n");
    throw new ByokError("CONFIG_INVALID", `${reference} is not the resource name of a version of ${key.name}. Its versions:\n${listed}`);
  }
  return found;
}

function projectOf(key: CryptoKeyRecord): string {
  return parseName(key.name)?.project ?? "";
}

/** Bindings of the key's own policy for anybody but the project's service accounts. */
function outsiders(key: CryptoKeyRecord): TakenAway["grants"] {
  const own = `@${projectOf(key)}.iam.gserviceaccount.com`;
  return key.policy.bindings.flatMap(({ role, members }) =>
    members.filter((member) => !(member.startsWith("serviceAccount:") && member.endsWith(own))).map((member) => ({ role, member })),
  );
}

/** When the last version is gone; undefined while one is not on its way out. */
function deletionOf(key: CryptoKeyRecord): number | undefined {
  const left = key.versions.filter(({ state }) => state !== "DESTROYED");
  const times = left.flatMap(({ destroyAt }) => (destroyAt === null ? [] : [destroyAt]));
  return times.length > 0 && times.length === left.length ? Math.max(...times) : undefined;
}
