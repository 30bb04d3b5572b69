/**
 * Schema of `byok:azure`.
 *
 * @module
 */
import { z } from "zod";

import { CERTIFICATES_RULE, CLIENT_ID_RULE } from "../components/azure/app-registration-args.js";
import { checkCertificates, MAX_CERTIFICATES } from "../components/azure/certificates.js";
import { EXISTING_KEY_RULE, existingProblems } from "../components/azure/existing.js";
import { AzureGrantBy } from "../components/azure/grant-by.js";
import {
  AZURE_GUID_PATTERN,
  AZURE_GUID_RULE,
  AZURE_KEY_NAME_PATTERN,
  AZURE_KEY_NAME_RULE,
  AZURE_KEY_SIZE_RULE,
  AZURE_KEY_SIZES,
  AZURE_RESOURCE_GROUP_PATTERN,
  AZURE_RESOURCE_GROUP_RULE,
  AZURE_VAULT_NAME_PATTERN,
  AZURE_VAULT_NAME_RULE,
} from "../components/azure/identity.js";
import { SERVICE_ADDRESSES_RULE, serviceAddressesProblems } from "../components/azure/service-addresses.js";
import { AZURE_ROTATION_DAYS } from "../components/azure/tenant-key-args.js";
import { isLogRetention, isWorkspaceId, LOG_RETENTION_RULE, WORKSPACE_ID_RULE } from "../components/azure/watch-args.js";
import { choice, days, protectionLevelSchema, requiredOr, text, withoutUndefined, yesOrNo } from "./config-forms.js";

/** Members of `byok:azure`. */
export const AZURE_MEMBERS = [
  "entraTenantId",
  "subscriptionId",
  "certificates",
  "resourceGroup",
  "vaultName",
  "keyName",
  "location",
  "protectionLevel",
  "keySize",
  "rotationPeriodInDays",
  "grantBy",
  "serviceAddresses",
  "existing",
  "logAnalyticsWorkspaceId",
  "logRetentionDays",
  "lock",
] as const;

/** Members of `byok:azure.existing`. */
export const AZURE_EXISTING_MEMBERS = ["vault", "key", "application"] as const;

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

const serviceAddressesSchema = z
  .array(z.string({ error: "must be text" }), { error: SERVICE_ADDRESSES_RULE })
  .superRefine((addresses, context) => {
    for (const [path, message] of serviceAddressesProblems(addresses)) context.addIssue({ code: "custom", path: [...path], message });
  });

const EXISTING_RULE = "must be an object with vault, key or application, of those that exist";

/** What exists: at least one of its members. */
const existingSchema = z
  .strictObject(
    {
      // Vaults made by hand may be spelled with capitals.
      vault: text(new RegExp(AZURE_VAULT_NAME_PATTERN, "i"), AZURE_VAULT_NAME_RULE).optional(),
      key: text(AZURE_KEY_NAME_PATTERN, AZURE_KEY_NAME_RULE).optional(),
      application: text(AZURE_GUID_PATTERN, CLIENT_ID_RULE).optional(),
    },
    { error: EXISTING_RULE },
  )
  .refine((existing) => Object.values(existing).some((value) => value !== undefined), EXISTING_RULE)
  .transform(withoutUndefined);

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
        keyName: text(AZURE_KEY_NAME_PATTERN, AZURE_KEY_NAME_RULE).optional(),
        location: z.string({ error: "must be text" }).optional(),
        protectionLevel: protectionLevelSchema.optional(),
        keySize: z
          .number({ error: AZURE_KEY_SIZE_RULE })
          .refine((bits) => AZURE_KEY_SIZES.includes(bits), AZURE_KEY_SIZE_RULE)
          .optional(),
        rotationPeriodInDays: days(AZURE_ROTATION_DAYS.min, AZURE_ROTATION_DAYS.max).optional(),
        grantBy: choice(AzureGrantBy).optional(),
        serviceAddresses: serviceAddressesSchema.optional(),
        existing: existingSchema.optional(),
        logAnalyticsWorkspaceId: z.string({ error: WORKSPACE_ID_RULE }).refine(isWorkspaceId, WORKSPACE_ID_RULE).optional(),
        logRetentionDays: z.number({ error: LOG_RETENTION_RULE }).refine(isLogRetention, LOG_RETENTION_RULE).optional(),
        lock: yesOrNo.optional(),
        // 0.1's spelling, to say the new one.
        existingKey: z.undefined({ error: EXISTING_KEY_RULE }).optional(),
      },
      { error: requiredOr("must be an object with entraTenantId, subscriptionId and certificates") },
    )
    .superRefine((azure, context) => {
      for (const [member, rule] of existingProblems(azure)) context.addIssue({ code: "custom", path: [member], message: rule });
    })
    .transform(withoutUndefined);
}
