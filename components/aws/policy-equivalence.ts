/**
 * When two policies say the same, so that a deployed policy that KMS or a formatter wrote differently is no change.
 * What counts as equal follows hashicorp/awspolicyequivalence, which the AWS provider uses: order of statements, actions,
 * resources, principals and condition values; a single string for a list of one; an account id for its root's ARN.
 *
 * @module
 */

/** True if both texts are policies that say the same. Texts that are not JSON are equal only to themselves. */
export function policiesAreEquivalent(a: string, b: string): boolean {
  if (a === b) return true;
  const left = canonicalPolicy(a);
  return left !== undefined && left === canonicalPolicy(b);
}

/**
 * True if both texts are policies that allow and deny the same: as {@link policiesAreEquivalent}, and whatever the policy and its
 * statements are called (`Id`, `Sid`), which nobody is judged by.
 */
export function policiesSayTheSame(a: string, b: string): boolean {
  const left = canonicalPolicy(a, true);
  return left !== undefined && left === canonicalPolicy(b, true);
}

function canonicalPolicy(text: string, nameless = false): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { Id, ...rest } = value;
  const statements = asList(value["Statement"]).map((statement) => JSON.stringify(canonicalStatement(nameless ? withoutSid(statement) : statement)));
  return JSON.stringify(sorted({ ...rest, ...(nameless || Id === undefined ? {} : { Id }), Statement: statements.sort() }));
}

function withoutSid(statement: unknown): unknown {
  if (!isObject(statement)) return statement;
  return Object.fromEntries(Object.entries(statement).filter(([name]) => name !== "Sid"));
}

function canonicalStatement(value: unknown): unknown {
  if (!isObject(value)) return value;
  return sorted(
    Object.fromEntries(
      Object.entries(value).map(([name, member]): [string, unknown] => {
        if (name === "Principal") return [name, canonicalPrincipal(member)];
        if (name === "Condition") return [name, canonicalCondition(member)];
        if (["Action", "NotAction", "Resource", "NotResource"].includes(name)) return [name, asSet(member)];
        return [name, member];
      }),
    ),
  );
}

function canonicalPrincipal(value: unknown): unknown {
  // "*" and {"AWS": "*"} both mean anybody.
  if (value === "*") return { AWS: ["*"] };
  if (!isObject(value)) return value;
  return sorted(Object.fromEntries(Object.entries(value).map(([type, names]) => [type, asSet(names, rootArn)])));
}

function canonicalCondition(value: unknown): unknown {
  if (!isObject(value)) return value;
  return sorted(
    Object.fromEntries(
      Object.entries(value).map(([operator, keys]): [string, unknown] => [
        operator,
        isObject(keys)
          ? sorted(Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, asSet(values)])))
          : keys,
      ]),
    ),
  );
}

function rootArn(name: string): string {
  return /^\d{12}$/.test(name) ? `arn:aws:iam::${name}:root` : name;
}

function asSet(value: unknown, rename: (text: string) => string = (text) => text): string[] {
  return [...new Set(asList(value).map((item) => rename(typeof item === "string" ? item : JSON.stringify(item))))].sort();
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
