/**
 * Resource groups. ARM REST reference, Resource Groups: Create Or Update, Get, Delete. Deleting takes minutes there and is
 * answered with 202; here it is done at once.
 *
 * @module
 */
import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { isWithin, resourceGroupId } from "../../names.js";
import { type ResourceGroupRecord } from "../../state.js";
import { authorize, body, normalizeLocation, resourceGroupOf } from "../arm-call.js";
import { badRequest, resourceGroupElsewhere } from "../errors.js";
import { softDeleteVault } from "./vaults.js";

const ACTION = "Microsoft.Resources/subscriptions/resourceGroups";
/** Naming rules, `resourceGroups`: up to 90 characters, not a period at the end. */
const NAME = /^[-\w.()]{0,89}[-\w()]$/;

const schema = z.strictObject({
  location: z.string().min(1),
  tags: z.record(z.string(), z.string()).nullish(),
});

/** Makes a group, or changes its tags. */
export function putResourceGroup(call: Call): ApiAnswer {
  const name = call.parameter("resourceGroup");
  const subscription = call.parameter("subscription").toLowerCase();
  authorize(call, `${ACTION}/write`, scopeOf(call));
  if (!NAME.test(name)) throw badRequest(`The provided resource group name '${name}' is not valid.`);
  const given = body(call, schema);
  const location = normalizeLocation(given.location);
  const existing = call.state.resourceGroups.find(
    (group) => group.subscription === subscription && group.name.toLowerCase() === name.toLowerCase(),
  );
  if (existing !== undefined) {
    if (existing.location !== location) throw resourceGroupElsewhere(existing.location, location);
    existing.tags = given.tags ?? {};
    call.save();
    return { status: 200, body: shown(existing) };
  }
  const created: ResourceGroupRecord = { subscription, name, location, tags: given.tags ?? {} };
  call.state.resourceGroups.push(created);
  call.save();
  return { status: 201, body: shown(created) };
}

/** A group. */
export function getResourceGroup(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/read`, scopeOf(call));
  return { status: 200, body: shown(resourceGroupOf(call)) };
}

/** Deletes a group with everything in it; its vaults are soft-deleted as if deleted one by one. */
export function deleteResourceGroup(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/delete`, scopeOf(call));
  const group = resourceGroupOf(call);
  const { resourceGroups, vaults } = call.state;
  for (const vault of vaults) {
    const isInside = vault.subscription === group.subscription && vault.resourceGroup.toLowerCase() === group.name.toLowerCase();
    if (isInside && vault.deletion === null) softDeleteVault(call, vault);
  }
  // What can be recovered is not, once its group is gone (Log Analytics: "Delete and recover a workspace").
  const stored = call.state.resources;
  stored.splice(0, stored.length, ...stored.filter(({ id }) => !isWithin(id, scopeOf(call))));
  resourceGroups.splice(resourceGroups.indexOf(group), 1);
  call.save();
  return { status: 200 };
}

function scopeOf(call: Call): string {
  return resourceGroupId({ subscription: call.parameter("subscription"), resourceGroup: call.parameter("resourceGroup") });
}

function shown(group: ResourceGroupRecord): object {
  return {
    id: resourceGroupId({ subscription: group.subscription, resourceGroup: group.name }),
    name: group.name,
    type: "Microsoft.Resources/resourceGroups",
    location: group.location,
    tags: group.tags,
    properties: { provisioningState: "Succeeded" },
  };
}
