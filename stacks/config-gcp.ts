/**
 * Schema of `byok:gcp`.
 *
 * @module
 */
import { z } from "zod";

import { gcpExistingProblems } from "../components/gcp/existing.js";
import { GCP_PROJECT_ID_PATTERN, GCP_PROJECT_ID_RULE } from "../components/gcp/identity.js";
import { keyFormProblems, newProjectProblems } from "../components/gcp/tenant-key-args.js";
import { numberAsText, protectionLevelSchema, requiredOr, text, withoutUndefined } from "./config-forms.js";

/** Members of `byok:gcp`. */
export const GCP_MEMBERS = [
  "project",
  "createProject",
  "location",
  "protectionLevel",
  "keyRingName",
  "keyName",
  "rotationPeriodInDays",
  "destroyDelayInDays",
  "labels",
  "existing",
] as const;

/** Members of `byok:gcp.existing`. */
export const GCP_EXISTING_MEMBERS = ["keyRing", "key"] as const;

/** Members of `byok:gcp.createProject`. */
export const GCP_NEW_PROJECT_MEMBERS = ["projectId", "billingAccount", "displayName", "organizationId", "folderId"] as const;

/** Rules beyond "a text" are the component's own, all of them reported. */
const createProjectSchema = z
  .strictObject(
    {
      projectId: z.string({ error: requiredOr(GCP_PROJECT_ID_RULE) }),
      billingAccount: z.string({ error: requiredOr("must be text, in quotes") }),
      displayName: z.string({ error: "must be text" }).optional(),
      organizationId: z.preprocess(numberAsText, z.string({ error: "must be text, in quotes" }).optional()),
      folderId: z.preprocess(numberAsText, z.string({ error: "must be text, in quotes" }).optional()),
    },
    { error: "must be an object with projectId and billingAccount" },
  )
  .transform(withoutUndefined)
  .superRefine((project, context) => {
    for (const [member, message] of newProjectProblems(project)) {
      context.addIssue({ code: "custom", path: [member], message });
    }
  });

const existingSchema = z
  .strictObject(
    { keyRing: z.string({ error: "must be text" }).optional(), key: z.string({ error: "must be text" }).optional() },
    { error: "must be an object with keyRing, key or both" },
  )
  .transform(withoutUndefined);

/** `byok:gcp`; its location is judged with the datacenter. */
export const gcpSchema = z
  .strictObject(
    {
      project: text(GCP_PROJECT_ID_PATTERN, GCP_PROJECT_ID_RULE).optional(),
      createProject: createProjectSchema.optional(),
      location: z.string({ error: "must be text" }).optional(),
      protectionLevel: protectionLevelSchema.optional(),
      keyRingName: z.string({ error: "must be text" }).optional(),
      keyName: z.string({ error: "must be text" }).optional(),
      rotationPeriodInDays: z.number({ error: "must be a number of days" }).optional(),
      destroyDelayInDays: z.number({ error: "must be a number of days" }).optional(),
      labels: z
        .record(z.string(), z.preprocess(numberAsText, z.string({ error: "must be text" })), { error: "must be an object, such as { team: backup }" })
        .optional(),
      existing: existingSchema.optional(),
      // Of 0.1: refused below, with what took its place.
      existingKey: z.unknown().optional(),
    },
    { error: requiredOr("must be an object, such as { project: acme-backup-keys }") },
  )
  .refine(({ project, createProject }) => (project === undefined) !== (createProject === undefined), {
    message: "must have exactly one of project and createProject",
  })
  .superRefine((gcp, context) => {
    for (const [path, message] of [...gcpExistingProblems(gcp), ...keyFormProblems(gcp)]) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
  })
  .transform((gcp) => withoutUndefined({ ...gcp, existingKey: undefined }));
