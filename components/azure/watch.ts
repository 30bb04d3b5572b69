/**
 * What watches over a key in Azure: audit log, alarms and lock, each only if asked for. Azure's SDK for them is loaded only
 * then.
 *
 * @module
 */
/* eslint-disable @typescript-eslint/no-require-imports -- constructors cannot wait for import() */
import type * as pulumi from "@pulumi/pulumi";

import { type KeyOptionsArgs } from "../key-options.js";
import type * as Alarms from "./alarms.js";
import type * as AuditLog from "./audit-log.js";
import { azureVaultResourceId } from "./identity.js";
import type * as Lock from "./lock.js";
import { type ResolvedAzureTenantKeyArgs } from "./tenant-key-args.js";
import { type AzureWatchArgs, hasAuditLog } from "./watch-args.js";

/** A vault that is watched. */
export interface WatchedVault {
  readonly resourceGroup: string;
  readonly vaultName: string;
  /** Resource id. */
  readonly vaultId: string;
  /** Azure region of what is made. */
  readonly location: string;
  readonly tags: { [key: string]: string } | undefined;
}

/**
 * Registers what the arguments ask for, below `parent`; see `registerAuditLog`, `registerAlarms` and `registerLock`.
 *
 * @param place - where the vault is, and the region
 * @param after - what must be there before: the key
 */
export function registerWatch(
  parent: pulumi.ComponentResource,
  name: string,
  args: KeyOptionsArgs & AzureWatchArgs & { readonly tags?: { [key: string]: string } },
  place: ResolvedAzureTenantKeyArgs,
  after: pulumi.Resource,
): void {
  const { resourceGroup, vaultName, location } = place;
  const vault = { resourceGroup, vaultName, location, vaultId: azureVaultResourceId(place), tags: args.tags };
  // protect and retainOnDelete are set on every child, since children inherit what they do not set.
  const opts = { parent, protect: false, retainOnDelete: false, dependsOn: after };

  const log = hasAuditLog(args) ? auditLog().registerAuditLog(name, vault, args, opts) : undefined;
  if (log !== undefined && args.alarms !== undefined) alarms().registerAlarms(name, vault, args.alarms, log, opts);
  if (args.lock === true) lock().registerLock(name, vault, { ...opts, dependsOn: log === undefined ? after : [after, log.setting] });
}

function auditLog(): typeof AuditLog {
  return require("./audit-log.js") as typeof AuditLog;
}

function alarms(): typeof Alarms {
  return require("./alarms.js") as typeof Alarms;
}

function lock(): typeof Lock {
  return require("./lock.js") as typeof Lock;
}
