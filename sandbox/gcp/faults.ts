/**
 * Faults on purpose, for tests of what callers do then: refusals and slowness of the service, and answers damaged on
 * their way, which no Cloud KMS sends.
 *
 * @module
 */
import { ActiveFaults } from "../active-faults.js";
import { GoogleError, type StatusName } from "./errors.js";

/**
 * How an answer of Encrypt or Decrypt is damaged on the wire:
 * - `corrupt-data`: a bit of ciphertext or plaintext is flipped, its checksum is not;
 * - `corrupt-crc32c`: the checksum is another one;
 * - `omit-crc32c`: the checksum is missing;
 * - `unverified`: the answer says that no checksum of the request arrived;
 * - `other-version`, `other-key`: the answer to Encrypt names another version, or another key.
 */
export const WIRE_FAULTS = ["corrupt-data", "corrupt-crc32c", "omit-crc32c", "unverified", "other-version", "other-key"] as const;

/** One of {@link WIRE_FAULTS}. */
export type WireFault = (typeof WIRE_FAULTS)[number];

/** What to play. All conditions given must match a call. */
export interface GcpFault {
  /** Method name, e.g. `Encrypt`; any if absent. */
  readonly operation?: string | undefined;
  /** Email address of the calling service account; any if absent. */
  readonly principal?: string | undefined;
  /** Resource that the request names, compared as written; any if absent. */
  readonly resource?: string | undefined;
  /** Status to answer with; none lets the call through after the latency. */
  readonly error?: GcpFaultError | undefined;
  /** Damage to the answer, if the call succeeds. */
  readonly wire?: WireFault | undefined;
  /** Delay before the call is looked at, milliseconds. */
  readonly latencyMs?: number | undefined;
  /** How many calls it strikes; all until it is cleared if absent. */
  readonly times?: number | undefined;
}

/** Transient statuses with their messages: of quotas as Service Infrastructure sends it, the others our own wording. */
const FAULT_ERRORS = {
  RESOURCE_EXHAUSTED:
    "Quota exceeded for quota metric 'Cryptographic requests' and limit 'Cryptographic requests per minute' of service 'cloudkms.googleapis.com'.",
  UNAVAILABLE: "The service is currently unavailable.",
  DEADLINE_EXCEEDED: "The operation could not be completed before its deadline.",
  INTERNAL: "Internal error encountered.",
} as const satisfies Partial<Record<StatusName, string>>;

/** A status that can be injected. */
export type GcpFaultError = keyof typeof FAULT_ERRORS;

/** Names of the statuses that can be injected. */
export const GCP_FAULT_ERRORS = Object.keys(FAULT_ERRORS) as GcpFaultError[];

/** What a call looks like to faults. */
export interface FaultTarget {
  readonly operation: string;
  readonly principal: string;
  readonly resource: string | undefined;
}

/** The faults in force. */
export class GcpFaults extends ActiveFaults<GcpFault> {
  /**
   * Plays the first matching fault.
   *
   * @returns the damage that the answer shall take.
   * @throws GoogleError the injected status.
   */
  async strike(target: FaultTarget): Promise<WireFault | undefined> {
    const hit = await this.next((fault) => matches(fault, target));
    if (hit === undefined) return undefined;
    const { error, wire } = hit;
    if (error !== undefined) throw new GoogleError(error, FAULT_ERRORS[error]);
    return wire;
  }
}

function matches(fault: GcpFault, target: FaultTarget): boolean {
  return (
    (fault.operation === undefined || fault.operation === target.operation) &&
    (fault.principal === undefined || fault.principal === target.principal) &&
    (fault.resource === undefined || fault.resource === target.resource)
  );
}

/** The answer as it arrives. */
export function damage(answer: object, wire: WireFault | undefined): object {
  if (wire === undefined) return answer;
  const members = { ...answer } as Record<string, unknown>;
  const data = "ciphertext" in members ? "ciphertext" : "plaintext";
  const checksum = `${data}Crc32c`;
  switch (wire) {
    case "corrupt-data": {
      const bytes = Buffer.from(members[data] as Uint8Array);
      if (bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
      return { ...members, [data]: bytes };
    }
    case "corrupt-crc32c": {
      const { value } = members[checksum] as { value: string };
      return { ...members, [checksum]: { value: String((Number(value) + 1) % 2 ** 32) } };
    }
    case "omit-crc32c":
      return { ...members, [checksum]: null };
    case "unverified":
      return { ...members, verifiedPlaintextCrc32c: false, verifiedAdditionalAuthenticatedDataCrc32c: false };
    case "other-version":
      return { ...members, name: `${String(members["name"])}0` };
    case "other-key":
      return { ...members, name: String(members["name"]).replace("/cryptoKeyVersions/", "-other/cryptoKeyVersions/") };
  }
}
