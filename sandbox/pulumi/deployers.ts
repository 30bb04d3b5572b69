/**
 * Who deploys, per cloud: the tenant's administrator that is signed in.
 *
 * @module
 */
import { type SandboxIdentity } from "../aws/sandbox.js";

/** The deployers of all clouds. */
export interface Deployers {
  /** An administrator of the tenant's AWS account, with a session's credentials. */
  readonly aws: SandboxIdentity;
}
