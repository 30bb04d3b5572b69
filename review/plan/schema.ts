/**
 * The `--json` document of `byok plan`. Members may be added in later releases; none changes its meaning while `schema` is 1.
 *
 * @module
 */
import { z } from "zod";

/** Clouds, in the order of every table. */
export const CLOUDS = ["aws", "gcp", "azure"] as const;

const cloud = z.enum(CLOUDS);

/** One resource that will exist, or that is there and is taken over. */
export const plannedResourceSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  urn: z.string(),
  kind: z.enum(["component", "provider", "created", "adopted"]),
  /** Undefined for components of several clouds. */
  cloud: cloud.optional(),
  /** Name of the parent; undefined at the root. */
  parent: z.string().optional(),
  /** What the cloud calls it; undefined if it has no name, or the cloud chooses one. */
  cloudName: z.string().optional(),
  /** Id in the cloud; undefined if the cloud chooses one. */
  id: z.string().optional(),
  /** `pulumi destroy` refuses to delete it. */
  protected: z.boolean(),
  /** It outlives even a full teardown of the stack. */
  retained: z.boolean(),
});

/** One row of the access table: a principal, and what it may do. */
export const accessRowSchema = z.strictObject({
  cloud,
  principal: z.string(),
  /** What kind of principal, in words: role, whole account, service account, ... */
  kind: z.string(),
  /** Whose it is; `public` is anybody at all, `cloud` a service of the cloud's own. */
  whose: z.enum(["tenant", "service", "deployer", "cloud", "public", "other"]),
  effect: z.enum(["allow", "deny"]),
  /** What the operations amount to. */
  power: z.enum(["administer", "use", "read", "sign-in", "notify"]),
  operations: z.array(z.string()),
  /** What it is on. */
  on: z.string(),
  /** Every one of them must hold. */
  conditions: z.array(z.string()),
  /** Resource of the stack that says so, by name; undefined if the cloud's own order does. */
  through: z.string().optional(),
});

/** Where a key, or something with the key's data, is. */
export const placeSchema = z.strictObject({
  cloud,
  resource: z.string(),
  account: z.string(),
  location: z.string(),
  residency: z.enum(["kept", "left", "none", "unknown"]),
  why: z.string(),
});

/** Something to know, or to change. */
export const findingSchema = z.strictObject({
  severity: z.enum(["error", "warning", "info"]),
  /** Stable name of the rule. */
  code: z.string(),
  message: z.string(),
  /** Name of the resource it is about. */
  resource: z.string().optional(),
});

/** The whole document. */
export const planSchema = z.strictObject({
  schema: z.literal(1),
  project: z.string(),
  stack: z.string(),
  program: z.string(),
  tenant: z.string().optional(),
  datacenter: z.string().optional(),
  clouds: z.array(cloud),
  access: z.enum(["granted", "suspended"]),
  resources: z.array(plannedResourceSchema),
  accessTable: z.array(accessRowSchema),
  places: z.array(placeSchema),
  /** By cloud: what takes the key away from the service, and what `byok:access: suspended` would withdraw. */
  revocation: z.array(z.strictObject({ cloud, withdrawn: z.array(z.string()), words: z.string() })),
  findings: z.array(findingSchema),
});

/** A cloud. */
export type Cloud = z.infer<typeof cloud>;
/** @see plannedResourceSchema */
export type PlannedResource = z.infer<typeof plannedResourceSchema>;
/** @see accessRowSchema */
export type AccessRow = z.infer<typeof accessRowSchema>;
/** @see placeSchema */
export type Place = z.infer<typeof placeSchema>;
/** @see findingSchema */
export type Finding = z.infer<typeof findingSchema>;
/** @see planSchema */
export type Plan = z.infer<typeof planSchema>;
