/**
 * A Pulumi program that registers what was recorded, resource by resource: under the engine it makes the state that the
 * release's own program made. The recording is the file that BYOK_TEST_RECORDING names.
 */
import { readFileSync } from "node:fs";

import * as pulumi from "@pulumi/pulumi";

import { type Properties, type Value } from "../../sandbox/pulumi/values.js";
import { REFERENCE, type RecordedResource, type Recording } from "./recorded.js";

/** Any component, and what is protected in one: registering its outputs. */
class Component extends pulumi.ComponentResource {
  finish(outputs: Record<string, pulumi.Input<unknown>>): void {
    this.registerOutputs(outputs);
  }
}
class Custom extends pulumi.CustomResource {}
class Provider extends pulumi.ProviderResource {}

const { resources } = JSON.parse(readFileSync(process.env["BYOK_TEST_RECORDING"] ?? "", "utf8")) as Recording;
const registered = new Map<string, pulumi.Resource>();

/** By resource: the outputs that others take from it. */
const taken = new Map<string, Set<string>>();
for (const [, name = "", output = ""] of JSON.stringify(resources).matchAll(REFERENCE)) {
  if (output !== "id") taken.set(name, (taken.get(name) ?? new Set()).add(output));
}

/** An output of a resource that is registered already; recordings are in that order. */
function outputOf(name: string, output: string): pulumi.Output<unknown> {
  const resource = registered.get(name) as (pulumi.Resource & Record<string, unknown>) | undefined;
  if (resource === undefined) throw new Error(`${name}.${output} is taken before ${name} is registered`);
  return pulumi.output(resource[output]);
}

/** A recorded value with its references in place. */
function resolved(value: Value): pulumi.Input<unknown> {
  if (typeof value === "string") {
    const found = [...value.matchAll(REFERENCE)];
    if (found.length === 0) return value;
    return pulumi.all(found.map(([, name = "", output = ""]) => outputOf(name, output))).apply((outputs) => {
      const remaining = outputs.map(String);
      return value.replace(REFERENCE, () => remaining.shift() ?? "");
    });
  }
  if (Array.isArray(value)) return (value as readonly Value[]).map(resolved);
  return typeof value === "object" && value !== null ? resolvedAll(value as Properties) : value;
}

function resolvedAll(properties: Properties): Record<string, pulumi.Input<unknown>> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, resolved(value)]));
}

function found(name: string): pulumi.Resource {
  const resource = registered.get(name);
  if (resource === undefined) throw new Error(`${name} is needed before it is registered`);
  return resource;
}

function providerNamed(name: string): pulumi.ProviderResource {
  const provider = found(name);
  if (!(provider instanceof Provider)) throw new Error(`${name} is no provider`);
  return provider;
}

function register(resource: RecordedResource): pulumi.Resource {
  const { type, name, parent, version, id } = resource;
  const options = {
    // A child of the stack has no parent that a program could name.
    ...(parent === undefined || !registered.has(parent) ? {} : { parent: found(parent) }),
    protect: resource.protect,
    retainOnDelete: resource.retainOnDelete,
    dependsOn: resource.dependsOn.map(found),
    ignoreChanges: [...resource.ignoreChanges],
  };
  if (!resource.custom) return new Component(type, name, {}, options);

  const [, , providerOf] = type.startsWith("pulumi:providers:") ? type.split(":") : [];
  const inputs = resolvedAll(resource.inputs);
  const custom = { ...options, ...(version === undefined ? {} : { version }) };
  if (providerOf !== undefined) return new Provider(providerOf, name, inputs, custom);

  // An output exists if it is among the inputs, even without a value: SDKs do the same.
  const outputs = Object.fromEntries([...(taken.get(name) ?? [])].map((output) => [output, undefined]));
  const secrets = Object.fromEntries(resource.secrets.map((secret) => [secret, pulumi.secret(inputs[secret])]));
  return new Custom(type, name, { ...outputs, ...inputs, ...secrets }, {
    ...custom,
    replaceOnChanges: [...resource.replaceOnChanges],
    ...(resource.provider === undefined ? {} : { provider: providerNamed(resource.provider) }),
    ...(id === undefined ? {} : { id }),
  });
}

const [stack, ...rest] = resources;
for (const resource of rest) registered.set(resource.name, register(resource));
// Not as they are registered: outputs of a component come from its children.
for (const { name, outputs } of rest) {
  const component = registered.get(name);
  if (component instanceof Component && outputs !== undefined) component.finish(resolvedAll(outputs));
}

module.exports = resolvedAll(stack?.outputs ?? {});
