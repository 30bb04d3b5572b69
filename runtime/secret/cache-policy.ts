import { ByokError } from "../master-key/errors.js";

/** How long keys outlive the KMS answer that brought them. All in milliseconds. */
export interface CachePolicy {
  /** A SEK serves this long after the KMS gave it. Zero: every operation asks the KMS. */
  readonly ttl: number;
  /** It serves this much longer while the KMS cannot be reached, throttles, or refuses the service's own credentials. */
  readonly outageGrace: number;
  /** A running operation may hold its data key this long. */
  readonly maxLease: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Five minutes, 55 more of grace, leases of a day. */
export const DEFAULT_CACHE_POLICY: CachePolicy = { ttl: 5 * MINUTE, outageGrace: 55 * MINUTE, maxLease: 24 * HOUR };

/** Nobody may keep a key for ever; the longest each time can be. */
const LONGEST: CachePolicy = { ttl: 24 * HOUR, outageGrace: 24 * HOUR, maxLease: 7 * 24 * HOUR };

/**
 * Fills in the defaults and checks the rest.
 *
 * @throws {@link ByokError} CONFIG_INVALID naming the member that is negative, not finite, or longer than allowed.
 */
export function resolveCachePolicy(given: Partial<CachePolicy> = {}): CachePolicy {
  const policy = { ...DEFAULT_CACHE_POLICY, ...given };
  for (const name of ["ttl", "outageGrace", "maxLease"] as const) {
    const value = policy[name];
    if (Number.isFinite(value) && value >= 0 && value <= LONGEST[name]) continue;
    throw new ByokError(
      "CONFIG_INVALID",
      `cache.${name} is ${value}: give milliseconds from 0 to ${LONGEST[name]} (a key is never cached for ever).`,
    );
  }
  return policy;
}

/**
 * How long each cloud takes until everybody hears of a change. Sources: AWS KMS Developer Guide, "Eventual consistency";
 * "Cloud KMS resource consistency" and IAM's "Access change propagation"; Azure Key Vault, "Azure role-based access
 * control", known limits (for access policies and disabled keys Microsoft publishes no figure). That an application or its
 * certificate was removed shows at the next sign-in: runtime/master-key/azure-sign-in.ts.
 */
const PROPAGATION: Readonly<Record<string, string>> = {
  "aws-kms": "AWS: usually seconds, at times a few minutes",
  "gcp-kms": "Google Cloud: removing the grant usually seconds, at times minutes; disabling a key version usually a minute, rarely hours",
  "azure-key-vault": "Azure: usually seconds, a role up to 10 minutes; removing the application or its certificate 10 minutes more",
};

/**
 * The bound in plain words, as documents and commands print it.
 *
 * @param providers of the Secret's master keys, one for each.
 */
export function statedBound(policy: CachePolicy, providers: readonly string[] = ["aws-kms"]): string {
  const clouds = [...new Set(providers)].flatMap((provider) => PROPAGATION[provider] ?? []);
  const known = clouds.length === 0 ? "" : ` (${clouds.join("; ")})`;
  return [
    `After a revocation, new operations stop within ${duration(policy.ttl)} while the KMS can be reached`,
    `and within ${duration(policy.ttl + policy.outageGrace)} while it cannot,`,
    `plus the time the cloud itself takes to spread the change${known};`,
    `running operations finish, or end after ${duration(policy.maxLease)}.`,
    ...(providers.length > 1
      ? ["A revocation at any of the Secret's master keys counts; at one that cannot be reached, it counts when that answers again, and the others serve meanwhile."]
      : []),
  ].join(" ");
}

function duration(milliseconds: number): string {
  if (milliseconds >= HOUR && milliseconds % HOUR === 0) return `${milliseconds / HOUR} h`;
  if (milliseconds >= MINUTE && milliseconds % MINUTE === 0) return `${milliseconds / MINUTE} min`;
  return `${milliseconds / SECOND} s`;
}
