import { ByokError } from "../master-key/errors.js";
import { type ObjectHeader } from "./object-header.js";

/** What the caller knows of the object it wants. */
export interface Expected {
  /** Id of the resource. */
  readonly resource?: string | undefined;
  /** Id of the object. */
  readonly object?: string | undefined;
  /** The header tag that encryption returned: pins this version. */
  readonly headerTag?: Uint8Array | undefined;
}

const HEADER_TAG_LENGTH = 32;

/**
 * Compares a header with what is expected. Nothing in it is authenticated yet; a header that lies passes here and fails
 * later.
 *
 * @throws {@link ByokError} TENANT_MISMATCH, RESOURCE_MISMATCH, OBJECT_MISMATCH, or ROLLED_BACK for another header tag.
 */
export function assertExpected(header: ObjectHeader, tenant: string, expected: Expected): void {
  const { identity } = header;
  if (identity.tenant !== tenant) {
    throw new ByokError("TENANT_MISMATCH", `The object belongs to tenant ${identity.tenant}, not ${tenant}.`, { tenant });
  }
  if (expected.resource !== undefined && identity.resource !== expected.resource) {
    throw new ByokError(
      "RESOURCE_MISMATCH",
      `The object belongs to resource ${identity.resource}, not ${expected.resource}.`,
      { tenant },
    );
  }
  if (expected.object !== undefined && identity.object !== expected.object) {
    throw new ByokError("OBJECT_MISMATCH", `This is object ${identity.object}, not ${expected.object}.`, { tenant });
  }
  const headerTag = header.floeHeader.subarray(-HEADER_TAG_LENGTH);
  if (expected.headerTag !== undefined && Buffer.compare(headerTag, expected.headerTag) !== 0) {
    throw new ByokError(
      "ROLLED_BACK",
      `Object ${identity.object} is not the version that was pinned: an older or another one stands in its place.`,
      { tenant },
    );
  }
}
