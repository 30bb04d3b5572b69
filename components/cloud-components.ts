/**
 * The components of each cloud, loaded when the first key in that cloud is asked for: nobody needs to install, or wait for,
 * the SDKs of clouds that are not used.
 *
 * @module
 */
/* eslint-disable @typescript-eslint/no-require-imports -- constructors cannot wait for import() */
import type * as Aws from "./aws/index.js";
import type * as Azure from "./azure/index.js";
import type * as Gcp from "./gcp/index.js";

/** @throws MissingPeerError if AWS's SDK is not installed */
export function loadAws(): typeof Aws {
  return require("./aws/index.js") as typeof Aws;
}

/** @throws MissingPeerError if Google Cloud's SDK is not installed */
export function loadGcp(): typeof Gcp {
  return require("./gcp/index.js") as typeof Gcp;
}

/** @throws MissingPeerError if one of Azure's SDKs is not installed */
export function loadAzure(): typeof Azure {
  return require("./azure/index.js") as typeof Azure;
}
