/**
 * Who deploys, per cloud: the tenant's administrator that is signed in.
 *
 * @module
 */
import { type SandboxIdentity } from "../aws/sandbox.js";
import { type AzureDeployer } from "../azure/index.js";
import { type GcpIdentity } from "../gcp/index.js";

/** The deployers of all clouds. */
export interface Deployers {
  /** An administrator of the tenant's AWS account, with a session's credentials. */
  readonly aws: SandboxIdentity;
  /** A service account that owns the tenant's project, with its key file; absent where the sandbox runs without Google Cloud. */
  readonly gcp?: GcpIdentity;
  /** The administrator of the tenant's directory and subscription, with tokens; absent where the sandbox runs without Azure. */
  readonly azure?: AzureDeployer;
}
