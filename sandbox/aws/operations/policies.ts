/**
 * Key policies. AWS KMS API Reference, pages of the same names.
 *
 * @module
 */
import { keyArn, parsePrincipal } from "../arn.js";
import { type Call } from "../call.js";
import { invalidPrincipals, KmsError, policyLocksOut } from "../errors.js";
import { page } from "../input.js";
import { parsePolicy, type PolicyDocument } from "../policy/document.js";
import { evaluateKeyAccess } from "../policy/evaluate.js";
import { type KeyRecord } from "../state.js";
import { ownKey } from "./own-key.js";

/** The one policy a key has. */
const POLICY_NAME = "default";

/** The key policy, as it was put. */
export function getKeyPolicy(call: Call): object {
  call.input.only("KeyId", "PolicyName");
  requirePolicyName(call);
  const key = ownKey(call, "kms:GetKeyPolicy");
  return { Policy: key.policy, PolicyName: POLICY_NAME };
}

/** Replaces the key policy; allowed in every key state. */
export function putKeyPolicy(call: Call): object {
  call.input.only("KeyId", "PolicyName", "Policy", "BypassPolicyLockoutSafetyCheck");
  requirePolicyName(call);
  const policy = call.input.text("Policy", { min: 1, max: 131_072 });
  const key = ownKey(call, "kms:PutKeyPolicy");
  checkNewKeyPolicy(call, key, policy);
  key.policy = policy;
  call.save();
  return {};
}

/** Always the one name. */
export function listKeyPolicies(call: Call): object {
  call.input.only("KeyId", "Limit", "Marker");
  ownKey(call, "kms:ListKeyPolicies");
  const { items, tail } = page([POLICY_NAME], call.input, { byDefault: 100, max: 1000 });
  return { PolicyNames: items, ...tail };
}

/**
 * What KMS checks before it takes a policy: that it is one, that its principals exist, and (unless bypassed) that the
 * caller can still change it afterwards (Developer Guide, "Default key policy", lockout safety check).
 *
 * @throws KmsError MalformedPolicyDocumentException or UnsupportedOperationException.
 */
export function checkNewKeyPolicy(call: Call, key: KeyRecord, text: string): void {
  const policy = parsePolicy(text, "key");
  requirePrincipalsExist(call, policy);
  if (call.input.flag("BypassPolicyLockoutSafetyCheck")) return;
  const decision = evaluateKeyAccess({
    caller: call.caller,
    action: "kms:PutKeyPolicy",
    keyArn: keyArn(key),
    keyAccount: key.account,
    keyPolicy: policy,
    context: call.conditionContext(undefined),
  });
  if (!decision.allowed) throw policyLocksOut();
}

function requirePrincipalsExist(call: Call, policy: PolicyDocument): void {
  const { accounts, identities } = call.state;
  for (const name of policy.statements.flatMap((statement) => statement.principals)) {
    if (name === "*") continue;
    const principal = parsePrincipal(name);
    const exists =
      principal !== undefined &&
      (principal.kind === "account"
        ? accounts.includes(principal.account)
        : identities.some((identity) => identity.principalArn === name || identity.arn === name));
    if (!exists) throw invalidPrincipals();
  }
}

function requirePolicyName(call: Call): void {
  const name = call.input.optionalText("PolicyName", { min: 1, max: 128 }) ?? POLICY_NAME;
  if (name !== POLICY_NAME) throw new KmsError("NotFoundException", "No such policy exists");
}
