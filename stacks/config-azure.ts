/**
 * Schema of `byok:azure`.
 *
 * @module
 */
import { z } from "zod";

import { CERTIFICATES_RULE } from "../components/azure/app-registration-args.js";
import { checkCertificates, MAX_CERTIFICATES } from "../components/azure/certificates.js";
import {
  AZURE_GUID_PATTERN,
  AZURE_GUID_RULE,
  AZURE_KEY_SIZE_RULE,
  AZURE_KEY_SIZES,
  AZURE_RESOURCE_GROUP_PATTERN,
  AZURE_RESOURCE_GROUP_RULE,
  AZURE_VAULT_NAME_PATTERN,
  AZURE_VAULT_NAME_RULE,
} from "../components/azure/identity.js";
import { isLogRetention, isWorkspaceId, LOG_RETENTION_RULE, WORKSPACE_ID_RULE } from "../components/azure/watch-args.js";
import { protectionLevelSchema, requiredOr, text, withoutUndefined, yesOrNo } from "./config-forms.js";

/** Members of `byok:azure`. */
export const AZURE_MEMBERS = [
  "entraTenantId",
  "subscriptionId",
  "certificates",
  "resourceGroup",
  "vaultName",
  "location",
  "protectionLevel",
  "keySize",
  "existingKey",
  "logAnalyticsWorkspaceId",
  "logRetentionDays",
  "lock",
] as const;

const guid = text(AZURE_GUID_PATTERN, AZURE_GUID_RULE).transform((id) => id.toLowerCase());

/** Certificates as a list of PEM texts, each checked, by the clock given. */
function certificatesSchema(now: Date) {
  return z
    .array(z.unknown(), { error: requiredOr(CERTIFICATES_RULE) })
    .refine(({ length }) => length >= 1 && length <= MAX_CERTIFICATES, CERTIFICATES_RULE)
    .transform((pems, context) => {
      const { problems } = checkCertificates(pems, now);
      for (const [index, message] of problems) context.addIssue({ code: "custom", path: [index], message });
      return problems.size > 0 ? z.NEVER : pems.map(String);
    });
}

/** `byok:azure`; its location is judged with the datacenter. */
export function azureSchema(now: Date) {
  return z
    .strictObject(
      {
        entraTenantId: guid,
        subscriptionId: guid,
        certificates: certificatesSchema(now),
        resourceGroup: text(AZURE_RESOURCE_GROUP_PATTERN, AZURE_RESOURCE_GROUP_RULE).optional(),
        vaultName: text(AZURE_VAULT_NAME_PATTERN, AZURE_VAULT_NAME_RULE).optional(),
        location: z.string({ error: "must be text" }).optional(),
        protectionLevel: protectionLevelSchema.optional(),
        keySize: z
          .number({ error: AZURE_KEY_SIZE_RULE })
          .refine((bits) => AZURE_KEY_SIZES.includes(bits), AZURE_KEY_SIZE_RULE)
          .optional(),
        existingKey: yesOrNo.optional(),
        logAnalyticsWorkspaceId: z.string({ error: WORKSPACE_ID_RULE }).refine(isWorkspaceId, WORKSPACE_ID_RULE).optional(),
        logRetentionDays: z.number({ error: LOG_RETENTION_RULE }).refine(isLogRetention, LOG_RETENTION_RULE).optional(),
        lock: yesOrNo.optional(),
      },
      { error: requiredOr("must be an object with entraTenantId, subscriptionId and certificates") },
    )
    .transform(withoutUndefined);
}
