/**
 * Runs a Pulumi program against mocks and records what it asked the engine for: `setMocks` alone hides protect, parent
 * and retainOnDelete.
 */
import { jest } from "@jest/globals";
import type * as Pulumi from "@pulumi/pulumi";
import {
  type ReadResourceRequest,
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb";

import { type Existing, fitting } from "./fitting.js";

/** One RegisterResource call. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** Name of the parent resource; `stack` for the root. */
  readonly parent: string | undefined;
  readonly protect: boolean | undefined;
  readonly retainOnDelete: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  /** Id of what is taken over; absent for what is created. */
  readonly importId?: string;
  /** Name of the explicit provider of a custom resource. */
  readonly provider: string | undefined;
  readonly inputs: unknown;
}

/** One ReadResource call: a resource that exists, and is only looked at. */
export interface Reading {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly provider: string | undefined;
}

/** What a program did. */
export interface Deployment {
  /** In the order of their registration. */
  readonly registrations: readonly Registration[];
  readonly readings: readonly Reading[];
  /** Names that resources had before; without the aliases of a type, which SDKs bring. */
  readonly aliases: readonly (readonly [name: string, before: string])[];
  /** RegisterResourceOutputs calls: resource name, outputs. */
  readonly outputs: readonly (readonly [name: string, outputs: unknown])[];
  /** Names of the stack's outputs that are secret. */
  readonly secretOutputs: readonly string[];
  /** By the name of a stack output: types of the resources that must exist before it has a value. */
  readonly awaited: Readonly<Record<string, readonly string[]>>;
  /** What was logged as warnings. */
  readonly warnings: readonly string[];
}

/** The calls of the mock monitor that are recorded. */
interface RecordedMonitor {
  readResource: (request: ReadResourceRequest, callback: unknown) => Promise<void>;
  registerResource: (request: RegisterResourceRequest, callback: unknown) => Promise<void>;
  registerResourceOutputs: (request: RegisterResourceOutputsRequest, callback: unknown) => void;
}

const NAME_OF_URN = /::([^:]*)$/;

/** Last part of a URN. A provider reference is `URN::ID`, so its id goes first. */
function nameOf(urn: string, isProvider = false): string | undefined {
  const plain = isProvider ? urn.replace(NAME_OF_URN, "") : urn;
  return urn === "" ? undefined : NAME_OF_URN.exec(plain)?.[1];
}

/** What providers add to a resource's inputs, by type. */
const COMPUTED: Readonly<Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>> = {
  "aws:kms/key:Key": ({ region }) => {
    const keyId = "1234abcd-12ab-34cd-56ef-1234567890ab";
    return { keyId, arn: `arn:aws:kms:${String(region)}:111122223333:key/${keyId}` };
  },
  "gcp:monitoring/notificationChannel:NotificationChannel": ({ labels }) => ({
    name: `channel of ${String((labels as Record<string, unknown>)["email_address"])}`,
  }),
  "gcp:serviceaccount/account:Account": ({ project, accountId }) => {
    const email = `${String(accountId)}@${String(project)}.iam.gserviceaccount.com`;
    return { email, member: `serviceAccount:${email}`, name: `projects/${String(project)}/serviceAccounts/${email}` };
  },
  "aws:iam/role:Role": ({ name }) => ({ arn: `arn:aws:iam::201720642051:role/${String(name)}` }),
  "azuread:index/application:Application": () => ({ clientId: "a11ca710-0000-4000-8000-000000000001" }),
  "azuread:index/servicePrincipal:ServicePrincipal": () => ({ objectId: "0b1ec710-0000-4000-8000-000000000002" }),
  "azure-native:resources:ResourceGroup": ({ resourceGroupName }) => ({ name: resourceGroupName }),
  "azure-native:keyvault:Vault": ({ vaultName }) => ({ name: vaultName }),
  // Azure's answer may spell the host as the vault was typed, with a port.
  "azure-native:keyvault:Key": ({ vaultName, keyName }) => ({
    keyUri: `https://${String(vaultName).toUpperCase()}.vault.azure.net:443/keys/${String(keyName)}`,
  }),
};

/** Ids as the providers make them, where a program goes on with them; all others are `NAME_id`. */
const IDS: Readonly<Record<string, (inputs: Record<string, unknown>) => string>> = {
  "gcp:kms/keyRing:KeyRing": ({ project, location, name }) =>
    `projects/${String(project)}/locations/${String(location)}/keyRings/${String(name)}`,
  "gcp:kms/cryptoKey:CryptoKey": ({ keyRing, name }) => `${String(keyRing)}/cryptoKeys/${String(name)}`,
};

/** What a function of a provider answers. */
export type Calls = (token: string, args: unknown) => Record<string, unknown>;

function newResource(args: Pulumi.runtime.MockResourceArgs, existing: Existing): { id: string; state: Record<string, unknown> } {
  const inputs = args.inputs as Record<string, unknown>;
  // Without inputs it is read; with some it is imported.
  if (args.id !== undefined && args.id !== "") {
    return { id: args.id, state: Object.keys(inputs).length === 0 ? existing(args.type, args.id) : inputs };
  }
  const id = args.custom === true ? (IDS[args.type]?.(inputs) ?? `${args.name}_id`) : "";
  return { id, state: { ...inputs, ...COMPUTED[args.type]?.(inputs) } };
}

/** Members of an output that Pulumi keeps internal; its own test code uses them this way. */
interface InspectableOutput {
  readonly isSecret: Promise<boolean>;
  allResources(): Promise<ReadonlySet<{ readonly __pulumiType: string }>>;
}

/**
 * Runs `program` inside a stack; what it returns are the stack's outputs. Mocks are global to Pulumi's modules: run one
 * at a time, and after `jest.resetModules()` let the program import what it uses dynamically, as this function does.
 */
export async function deploy(
  program: () => Promise<Record<string, unknown>>,
  options: {
    readonly config?: Record<string, string>;
    readonly preview?: boolean;
    /** Default: keys of Google Cloud's fit, and nothing else has any property. */
    readonly existing?: Existing;
    /** Default: the program must not call anything. */
    readonly calls?: Calls;
  } = {},
): Promise<Deployment> {
  const { output, runtime } = await import("@pulumi/pulumi");
  await runtime.setMocks(
    {
      newResource: (args) => newResource(args, options.existing ?? fitting),
      call: ({ token, inputs }) => {
        if (options.calls === undefined) throw new Error(`the program must not call ${token}`);
        return options.calls(token, inputs);
      },
    },
    "byok",
    "stack",
    options.preview ?? false,
  );
  runtime.setAllConfig(options.config ?? {});

  const registrations: Registration[] = [];
  const readings: Reading[] = [];
  const aliases: [string, string][] = [];
  const outputs: [string, unknown][] = [];
  const monitor = runtime.getMonitor() as unknown as RecordedMonitor;
  const registerResource = monitor.registerResource.bind(monitor);
  const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResource = (request, callback) => {
    for (const alias of request.getAliasesList()) {
      const before = alias.getUrn() === "" ? (alias.getSpec()?.getName() ?? "") : alias.getUrn();
      if (before !== "") aliases.push([request.getName(), before]);
    }
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      custom: request.getCustom(),
      parent: nameOf(request.getParent()),
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      provider: nameOf(request.getProvider(), true),
      inputs: request.getObject()?.toJavaScript(),
      ...(request.getImportid() === "" ? {} : { importId: request.getImportid() }),
    });
    return registerResource(request, callback);
  };
  const readResource = monitor.readResource.bind(monitor);
  monitor.readResource = (request, callback) => {
    readings.push({
      type: request.getType(),
      name: request.getName(),
      id: request.getId(),
      parent: nameOf(request.getParent()),
      provider: nameOf(request.getProvider(), true),
    });
    return readResource(request, callback);
  };
  monitor.registerResourceOutputs = (request, callback) => {
    outputs.push([nameOf(request.getUrn()) ?? "", request.getOutputs()?.toJavaScript()]);
    registerResourceOutputs(request, callback);
  };

  const secretOutputs: string[] = [];
  const awaited: Record<string, string[]> = {};
  const warnings: string[] = [];
  // Without an engine, Pulumi logs to the console.
  const warn = jest.spyOn(console, "warn").mockImplementation((message: string) => {
    warnings.push(message.replace("warning: [runtime] ", ""));
  });
  try {
    await runtime.runInPulumiStack(async () => {
      const exported = await program();
      for (const [name, value] of Object.entries(exported)) {
        const inspectable = output(value) as unknown as InspectableOutput;
        if (await inspectable.isSecret) secretOutputs.push(name);
        awaited[name] = Array.from(await inspectable.allResources(), (resource) => resource.__pulumiType);
      }
      return exported;
    });
    await runtime.disconnect();
  } finally {
    warn.mockRestore();
  }
  return { registrations, readings, aliases, outputs, secretOutputs, awaited, warnings };
}
