/**
 * Schema of `byokService:gcp`.
 *
 * @module
 */
import { z } from "zod";

import { numberAsText, protectionLevelSchema, requiredOr, withoutUndefined, yesOrNo } from "./config-forms.js";

/** Members of `byokService:gcp`. */
export const GCP_SERVICE_MEMBERS = [
  "project",
  "location",
  "accountId",
  "perTenant",
  "keyMetadata",
  "keyRingName",
  "keyName",
  "existing",
  "protectionLevel",
  "rotationPeriodInDays",
  "destroyDelayInDays",
  "labels",
] as const;

const words = z.string({ error: "must be text" });
const days = z.number({ error: "must be a number of days" });

/** `byokService:gcp`; what is in it beyond "a text" is judged by the component's own rules, with the datacenter. */
export const gcpServiceSchema = z
  .strictObject(
    {
      project: z.string({ error: requiredOr("must be text") }),
      location: words.optional(),
      accountId: words.optional(),
      perTenant: z.array(words, { error: "must be a list of tenants' ids" }).optional(),
      keyMetadata: yesOrNo.optional(),
      keyRingName: words.optional(),
      keyName: words.optional(),
      existing: z
        .strictObject({ keyRing: words.optional(), key: words.optional() }, { error: "must be an object with keyRing, key or both" })
        .transform(withoutUndefined)
        .optional(),
      protectionLevel: protectionLevelSchema.optional(),
      rotationPeriodInDays: days.optional(),
      destroyDelayInDays: days.optional(),
      labels: z.record(z.string(), z.preprocess(numberAsText, words), { error: "must be an object, such as { team: backup }" }).optional(),
    },
    { error: requiredOr("must be an object, such as { project: example-production }") },
  )
  .transform(withoutUndefined);
