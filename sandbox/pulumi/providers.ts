/**
 * The providers that the sandbox plays.
 *
 * @module
 */
import { awsProvider } from "./aws/provider.js";
import { azureNativeProvider } from "./azure-native/provider.js";
import { azureadProvider } from "./azuread/provider.js";
import { gcpProvider } from "./gcp/provider.js";
import { type Provider } from "./provider.js";

/** Every provider, by the name of its Pulumi package. */
export const PROVIDERS: ReadonlyMap<string, Provider> = new Map(
  [awsProvider, gcpProvider, azureNativeProvider, azureadProvider].map((provider) => [provider.name, provider]),
);

/** Package of a type or function token: what comes before the first colon. */
export function packageOf(token: string): string {
  return token.slice(0, token.indexOf(":"));
}

/** Token of a provider resource: `pulumi:providers:PACKAGE`. */
const PROVIDER_TYPE = "pulumi:providers:";

/** The package that a provider resource configures; undefined for any other resource. */
export function configuredPackage(token: string): string | undefined {
  return token.startsWith(PROVIDER_TYPE) ? token.slice(PROVIDER_TYPE.length) : undefined;
}

/**
 * The provider of a package.
 *
 * @throws Error if the sandbox does not play it.
 */
export function providerNamed(name: string): Provider {
  const provider = PROVIDERS.get(name);
  if (provider === undefined) {
    throw new Error(`the sandbox does not implement the provider ${name}; it has ${[...PROVIDERS.keys()].join(", ")}`);
  }
  return provider;
}
