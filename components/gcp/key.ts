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
import { type GcpExistingArgs, requireFit } from "./existing.js";
import { gcpKeyId, type GcpKeyNames } from "./identity.js";
import { type GcpNewProjectArgs } from "./tenant-key.js";

/** Where a key is, or shall be, and which part of that is there already. */
export interface GcpKeyPlace extends GcpKeyNames {
  /** The project's id, known once it is there. */
  readonly project: pulumi.Input<string>;
  readonly existing: GcpExistingArgs | undefined;
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

/**
 * The key's id: of the key that is there, or of a new one in the key ring that is there or in a new one.
 *
 * @param component - type of the parent, for errors
 * @param usable - whether a key that is there must be usable now
 */
export function keyIn(
  parent: pulumi.Resource, name: string, component: string, place: GcpKeyPlace, form: GcpKeyForm, usable: boolean,
): pulumi.Output<string> {
  if (place.existing?.key !== undefined) return readKey(parent, name, component, place, usable);
  const ring = place.existing?.keyRing === undefined ? createKeyRing(parent, name, place) : readKeyRing(parent, name, place);
  return createKey(parent, name, ring, place.keyName, form);
}

/** Enables an API of Google's, which stays enabled. */
export function enableApi(
  parent: pulumi.Resource, name: string, project: pulumi.Input<string>, api: string, protect = false,
): Service {
  return new Service(
    `${name}-api`,
    { project, service: `${api}.googleapis.com`, disableOnDestroy: false },
    { parent, protect, retainOnDelete: false },
  );
}

/** A new key ring, with the API that it needs; its id. */
function createKeyRing(parent: pulumi.Resource, name: string, place: GcpKeyPlace): pulumi.Output<string> {
  const { project, location, keyRingName } = place;
  const api = enableApi(parent, name, project, "cloudkms", true);
  return new KeyRing(`${name}-ring`, { project, location, name: keyRingName }, { ...kept(parent), dependsOn: api }).id;
}

/** Reads a key ring, so that a missing one stops the deployment; its id. Whoever can read it has Cloud KMS enabled. */
function readKeyRing(parent: pulumi.Resource, name: string, { projectId, location, keyRingName }: GcpKeyPlace): pulumi.Output<string> {
  return KeyRing.get(`${name}-ring`, `projects/${projectId}/locations/${location}/keyRings/${keyRingName}`, undefined, { parent }).id;
}

/** A new symmetric key in a key ring; its id. */
function createKey(
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

/** Reads a key; its id, known once it turned out to fit: whatever takes it as an input is not made otherwise. In a preview too. */
function readKey(
  parent: pulumi.Resource, name: string, component: string, place: GcpKeyPlace, usable: boolean,
): pulumi.Output<string> {
  const key = CryptoKey.get(`${name}-key`, gcpKeyId(place), undefined, { parent });
  return pulumi
    .all([key.id, key.purpose, key.versionTemplate, key.importOnly, key.primaries])
    .apply(([found, purpose, versionTemplate, importOnly, primaries]) => {
      requireFit(component, name, found, { purpose, versionTemplate, importOnly, primaries }, usable);
      return found;
    });
}
