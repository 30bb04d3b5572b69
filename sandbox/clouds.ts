/**
 * The clouds of a running sandbox, together.
 *
 * @module
 */
import { ByokError } from "../runtime/master-key/errors.js";
import { type AwsSandbox } from "./aws/sandbox.js";
import { awsTenantCloud } from "./aws/tenant-cloud.js";
import { type AzureSandbox } from "./azure/index.js";
import { type CloudName } from "./cloud.js";
import { type GcpSandbox } from "./gcp/index.js";
import { type Deployers } from "./pulumi/deployers.js";
import { Tenants } from "./tenants.js";

/** Each cloud by itself, and the keys of all. */
export class Clouds {
  readonly aws: AwsSandbox;
  readonly tenants: Tenants;
  readonly #gcp: GcpSandbox | undefined;
  readonly #azure: AzureSandbox | undefined;

  constructor(running: {
    readonly aws: AwsSandbox;
    readonly gcp?: GcpSandbox | undefined;
    readonly azure?: AzureSandbox | undefined;
  }) {
    this.aws = running.aws;
    this.#gcp = running.gcp;
    this.#azure = running.azure;
    const others = [running.gcp, running.azure].filter((cloud) => cloud !== undefined);
    this.tenants = new Tenants([awsTenantCloud(running.aws), ...others]);
  }

  /** Google Cloud. Throws ByokError CONFIG_INVALID if the sandbox runs without it. */
  get gcp(): GcpSandbox {
    return started(this.#gcp, "gcp");
  }

  /** Azure. Throws ByokError CONFIG_INVALID if the sandbox runs without it. */
  get azure(): AzureSandbox {
    return started(this.#azure, "azure");
  }

  /** Who deploys, in every cloud that runs: the administrator that is signed in. */
  deployers(): Deployers {
    return {
      aws: this.aws.deployer(),
      ...(this.#gcp === undefined ? {} : { gcp: this.#gcp.deployer() }),
      ...(this.#azure === undefined ? {} : { azure: this.#azure.deployer() }),
    };
  }
}

/** What a cloud needs beside this package. */
export const CLOUD_PACKAGES: Readonly<Record<CloudName, readonly string[]>> = {
  aws: [],
  // Its server is made of the client's own definitions.
  gcp: ["@google-cloud/kms"],
  azure: [],
};

function started<T>(cloud: T | undefined, name: CloudName): T {
  if (cloud !== undefined) return cloud;
  const packages = CLOUD_PACKAGES[name].join(" ");
  throw new ByokError(
    "CONFIG_INVALID",
    `This sandbox runs without ${name}: start it with ${name} among its clouds${packages === "" ? "" : `, and ${packages} installed`}.`,
  );
}
