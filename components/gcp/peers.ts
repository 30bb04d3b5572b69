/**
 * What the Google Cloud components need beside this package. Import it before any Pulumi SDK: CommonJS evaluates imports
 * in order.
 *
 * @module
 */
import { requirePeer } from "../require-peer.js";

requirePeer("@pulumi/pulumi");
requirePeer("@pulumi/gcp");
