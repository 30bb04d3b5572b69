/**
 * How the tenant takes the key away, with these settings.
 *
 * Sources: docs/guides (per cloud, "Revoke") and docs/cache.md, whose bound is added to what a cloud takes.
 *
 * @module
 */
import { type AccessRow, type Cloud, type Plan } from "./schema.js";

const ROUTES: Readonly<Record<Cloud, string>> = {
  aws: "Disabling the key (aws kms disable-key) or withdrawing the grant takes effect in KMS at once.",
  gcp: "Withdrawing the grant takes seconds; disabling every enabled version usually a minute, exceptionally hours.",
  azure: "Withdrawing the grant, disabling every version in use or closing the vault's network are refused by the vault; a removed certificate stops the next sign-in.",
};

/** By cloud in use. */
export function revocationOf(rows: readonly AccessRow[], clouds: readonly Cloud[], access: Plan["access"]): Plan["revocation"] {
  return clouds.map((cloud) => {
    const grants = rows.filter((row) => row.cloud === cloud && row.effect === "allow" && row.whose === "service" && (row.power === "use" || row.power === "read"));
    const withdrawn = [...new Set(grants.flatMap(({ through }) => through ?? []))];
    const now =
      access === "suspended"
        ? "Suspended: the service is granted nothing here; byok:access granted and `pulumi up` give the same grant back, on the same key."
        : `byok:access suspended and \`pulumi up\` withdraw ${withdrawn.join(", ") || "nothing"} and touch no key.`;
    return { cloud, withdrawn, words: `${now} ${ROUTES[cloud]}` };
  });
}
