/**
 * Project, key ring and key: made, or read where they are there already.
 *
 * @module
 */
import { CryptoKey, KeyRing } from "@pulumi/gcp/kms";
import { Project } from "@pulumi/gcp/organizations";
import { Service } from "@pulumi/gcp/projects";
import * as pulumi from "@pulumi/pulumi";

import { ProtectionLevel } from "../protection-level.js";
import { requireFit } from "./existing.js";
import { type GcpNewProjectArgs } from "./tenant-key.js";

/** Where a key is, or shall be. */
export interface GcpKeyPlace {
  readonly project: pulumi.Input<string>;
  readonly location: string;
  readonly keyRingName: string;
  readonly keyName: string;
}

/** How a key is made. */
export interface GcpKeyForm {
  readonly protectionLevel?: ProtectionLevel | undefined;
  readonly rotationPeriodInDays?: number | undefined;
  readonly destroyDelayInDays?: number | undefined;
  readonly labels?: { readonly [key: string]: string } | undefined;
}

/** Seconds of a number of days, in the form that Cloud KMS takes durations. */
function seconds(days: number): string {
  return `${days * 86_400}s`;
}

/** What outlives even a full teardown; set on every child, since children inherit what they do not set. */
function kept(parent: pulumi.Resource): pulumi.CustomResourceOptions {
  return { parent, protect: true, retainOnDelete: true };
}

/** The id of a new project, known once it is there. */
export function createProject(parent: pulumi.Resource, name: string, args: GcpNewProjectArgs): pulumi.Output<string> {
  return new Project(
    `${name}-project`,
    {
      projectId: args.projectId,
      name: args.displayName ?? args.projectId,
      billingAccount: args.billingAccount,
      ...(args.organizationId === undefined ? {} : { orgId: args.organizationId }),
      ...(args.folderId === undefined ? {} : { folderId: args.folderId }),
      // Deleting the project would delete the key; the provider refuses too.
      deletionPolicy: "PREVENT",
    },
    kept(parent),
  ).projectId;
}

/** A new key ring, with the API that it needs; its id. */
export function createKeyRing(parent: pulumi.Resource, name: string, place: GcpKeyPlace): pulumi.Output<string> {
  const { project, location, keyRingName } = place;
  const api = new Service(
    `${name}-api`,
    { project, service: "cloudkms.googleapis.com", disableOnDestroy: false },
    { parent, protect: true, retainOnDelete: false },
  );
  return new KeyRing(`${name}-ring`, { project, location, name: keyRingName }, { ...kept(parent), dependsOn: api }).id;
}

/** Reads a key ring, so that a missing one stops the deployment; its id. Whoever can read it has Cloud KMS enabled. */
export function readKeyRing(parent: pulumi.Resource, name: string, { project, location, keyRingName }: GcpKeyPlace): pulumi.Output<string> {
  return KeyRing.get(`${name}-ring`, pulumi.interpolate`projects/${project}/locations/${location}/keyRings/${keyRingName}`, undefined, { parent }).id;
}

/** A new symmetric key in a key ring; its id. */
export function createKey(
  parent: pulumi.Resource, name: string, keyRing: pulumi.Input<string>, keyName: string, form: GcpKeyForm,
): pulumi.Output<string> {
  return new CryptoKey(
    `${name}-key`,
    {
      keyRing,
      name: keyName,
      purpose: "ENCRYPT_DECRYPT",
      versionTemplate: {
        algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION",
        protectionLevel: form.protectionLevel === ProtectionLevel.Hsm ? "HSM" : "SOFTWARE",
      },
      rotationPeriod: seconds(form.rotationPeriodInDays ?? 90),
      destroyScheduledDuration: seconds(form.destroyDelayInDays ?? 30),
      skipInitialVersionCreation: false,
      ...(form.labels === undefined ? {} : { labels: form.labels }),
    },
    // No ignoreChanges, unlike AWS: no input says whether versions are enabled, so `up --refresh` cannot enable one.
    kept(parent),
  ).id;
}

/**
 * Reads a key; its id, known once it turned out to fit: whatever takes it as an input is not made otherwise. In a preview too.
 *
 * @param usable - whether it must be usable now
 */
export function readKey(
  parent: pulumi.Resource, name: string, component: string, place: GcpKeyPlace, usable: boolean,
): pulumi.Output<string> {
  const { project, location, keyRingName, keyName } = place;
  const id = pulumi.interpolate`projects/${project}/locations/${location}/keyRings/${keyRingName}/cryptoKeys/${keyName}`;
  const key = CryptoKey.get(`${name}-key`, id, undefined, { parent });
  return pulumi
    .all([key.id, key.purpose, key.versionTemplate, key.importOnly, key.primaries])
    .apply(([found, purpose, versionTemplate, importOnly, primaries]) => {
      requireFit(component, name, found, { purpose, versionTemplate, importOnly, primaries }, usable);
      return found;
    });
}
