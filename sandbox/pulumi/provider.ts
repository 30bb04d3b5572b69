/**
 * One configured provider: the resource types against the sandbox's KMS, with the deployer's credentials. Served to the
 * real engine by serve.ts and to programs under mocks by child.ts.
 *
 * @module
 */
import { type KMSClient } from "@aws-sdk/client-kms";

import { loadKmsSdk } from "./load.js";
import { configure, type ProviderConfig } from "./provider-config.js";
import { type Deployed, type ResourceContext, type ResourceType } from "./resource-type.js";
import { aliasType } from "./resources/alias.js";
import { keyPolicyType } from "./resources/key-policy.js";
import { keyType } from "./resources/key.js";
import { type CheckResult, checkInputs, type Difference, diffInputs } from "./schema.js";
import { hasUnknown, type Properties, textOf, UNKNOWN, type Value } from "./values.js";

/** Who deploys: the tenant's administrator. */
export interface DeployerCredentials {
  readonly account: string;
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Token of the provider itself. */
export const PROVIDER_TYPE = "pulumi:providers:aws";

const TYPES: ReadonlyMap<string, ResourceType> = new Map(
  [keyType, aliasType, keyPolicyType].map((type) => [type.token, type]),
);

/**
 * The type behind a token.
 *
 * @throws Error if the sandbox does not have it.
 */
export function resourceType(token: string): ResourceType {
  const type = TYPES.get(token);
  if (type === undefined) {
    throw new Error(`the sandbox does not implement the resource type ${token}; it has ${[...TYPES.keys()].join(", ")}`);
  }
  return type;
}

/** Checks inputs and fills in defaults; needs no configuration. */
export function check(token: string, given: Properties): CheckResult {
  const type = resourceType(token);
  const result = checkInputs(token, type.inputs, given);
  // Rules between properties make sense only for properties that are right by themselves.
  return result.failures.length > 0 ? result : { inputs: result.inputs, failures: type.check?.(result.inputs) ?? [] };
}

/** A configured provider. */
export class AwsProvider {
  readonly #endpoint: string;
  readonly #deployer: DeployerCredentials;
  readonly #config: ProviderConfig;
  readonly #clients = new Map<string, KMSClient>();

  /**
   * @throws Error if the configuration is not acceptable or excludes the deployer's account.
   */
  constructor(endpoint: string, deployer: DeployerCredentials, config: Properties) {
    this.#endpoint = endpoint;
    this.#deployer = deployer;
    this.#config = configure(config, deployer.account);
  }

  /** What differs between a deployed resource and checked inputs. */
  diff(token: string, deployed: Properties, inputs: Properties, ignored: readonly string[] = []): Difference[] {
    // A resource without a region of its own lives in the provider's.
    const region = inputs["region"] ?? this.#config.region;
    return diffInputs(resourceType(token).inputs, deployed, { ...inputs, region }, ignored);
  }

  /** What a creation would give, as far as it can be known. */
  previewCreate(token: string, inputs: Properties): Properties {
    const type = resourceType(token);
    const unknown = type.computed.filter((name) => inputs[name] === undefined).map((name): [string, Value] => [name, UNKNOWN]);
    return { region: this.#config.region, ...inputs, ...Object.fromEntries(unknown) };
  }

  /** What an update would give, as far as it can be known. */
  previewUpdate(deployed: Properties, inputs: Properties): Properties {
    return { ...deployed, ...inputs };
  }

  async create(token: string, inputs: Properties): Promise<Deployed> {
    return resourceType(token).create(await this.context(inputs), known(inputs));
  }

  /** Undefined if the resource is gone. */
  async read(token: string, id: string, state: Properties): Promise<Deployed | undefined> {
    return resourceType(token).read(await this.context(state), id, state);
  }

  async update(token: string, id: string, deployed: Properties, inputs: Properties): Promise<Deployed> {
    return resourceType(token).update(await this.context(deployed), id, deployed, known(inputs));
  }

  async delete(token: string, id: string, deployed: Properties): Promise<void> {
    await resourceType(token).delete(await this.context(deployed), id, deployed);
  }

  /** Functions: who is deploying, where. */
  invoke(token: string): Properties {
    switch (token) {
      case "aws:index/getCallerIdentity:getCallerIdentity":
        return { accountId: this.#deployer.account, arn: this.#deployer.arn, id: this.#deployer.account, userId: this.#deployer.accessKeyId };
      case "aws:index/getRegion:getRegion":
        return { id: this.#config.region, name: this.#config.region, region: this.#config.region };
      default:
        throw new Error(`the sandbox does not implement the function ${token}`);
    }
  }

  /** Closes connections. */
  close(): void {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }

  private async context(properties: Properties): Promise<ResourceContext> {
    const region = textOf(properties, "region") ?? this.#config.region;
    const sdk = await loadKmsSdk();
    let kms = this.#clients.get(region);
    if (kms === undefined) {
      const { accessKeyId, secretAccessKey, sessionToken } = this.#deployer;
      kms = new sdk.KMSClient({
        region,
        endpoint: this.#endpoint,
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      });
      this.#clients.set(region, kms);
    }
    return { account: this.#deployer.account, region, kms, sdk };
  }
}

/** The inputs a resource has, of those it was made with: what refresh compares the program with. */
export function inputsOf(token: string, state: Properties, before: Properties): Properties {
  const { inputs } = resourceType(token);
  const importing = Object.keys(before).length === 0;
  const names = Object.keys(inputs).filter((name) => importing || before[name] !== undefined);
  return Object.fromEntries(
    names.flatMap((name): [string, Value][] => {
      const value = state[name];
      if (value === undefined || value === null || (importing && value === "")) return [];
      const old = before[name];
      const saysTheSame = old !== undefined && !hasUnknown(old) && (inputs[name]?.same?.(value, old) ?? false);
      return [[name, saysTheSame ? old : value]];
    }),
  );
}

function known(inputs: Properties): Properties {
  for (const [name, value] of Object.entries(inputs)) {
    if (hasUnknown(value)) throw new Error(`"${name}" is not known yet`);
  }
  return inputs;
}
