/**
 * A readable answer when an optional peer dependency is not installed.
 *
 * @module
 */

/** Thrown on import when a Pulumi SDK that the imported components need is missing; `cause` is Node's own error. */
export class MissingPeerError extends Error {
  override readonly name = "MissingPeerError";
  /** Package to install. */
  readonly peer: string;

  constructor(peer: string, options: { readonly cause: unknown }) {
    super(`pulumi-byok's components need ${peer}, which is not installed. Run: npm install ${peer}`, options);
    this.peer = peer;
  }
}

/**
 * Checks that a peer can be loaded, without loading it. Static imports of a missing package die with a stack trace that
 * names our files; modules that import a Pulumi SDK import this check first.
 *
 * @param peer - package name
 * @throws MissingPeerError if Node cannot find it
 */
export function requirePeer(peer: string): void {
  try {
    // Every Pulumi SDK ships its package.json openly; resolving it runs none of the SDK's code.
    require.resolve(`${peer}/package.json`);
  } catch (cause) {
    throw new MissingPeerError(peer, { cause });
  }
}
