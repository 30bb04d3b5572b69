/**
 * The clouds of a running sandbox, together.
 *
 * @module
 */
import { type AwsSandbox } from "./aws/sandbox.js";
import { type Deployers } from "./pulumi/deployers.js";
import { type Tenants } from "./tenants.js";

/** Each cloud by itself, and the keys of all. */
export interface Clouds {
  readonly aws: AwsSandbox;
  readonly tenants: Tenants;
}

/** Who deploys, in every cloud: the administrator that is signed in. */
export function deployers({ aws }: Clouds): Deployers {
  return { aws: aws.deployer() };
}
