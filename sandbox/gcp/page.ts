/**
 * Lists in pages (AIP-158). The token is the position of the next item, opaque to the caller.
 *
 * @module
 */
import { invalidArgument, notInSandbox } from "./errors.js";
import { type ListRequest } from "./messages.js";

/** Items of a page unless fewer are asked for; more than 1,000 never come (Cloud KMS reference, `page_size`). */
const DEFAULT_SIZE = 100;
const MAX_SIZE = 1_000;

/**
 * One page of a list.
 *
 * @throws GoogleError INVALID_ARGUMENT, or UNIMPLEMENTED for a filter or an order.
 */
export function page<T>(items: readonly T[], request: ListRequest): { readonly items: T[]; readonly nextPageToken: string; readonly totalSize: number } {
  const { pageSize = 0, pageToken = "", filter = "", orderBy = "" } = request;
  if (filter !== "") throw notInSandbox("filter");
  if (orderBy !== "") throw notInSandbox("order_by");
  const start = pageToken === "" ? 0 : Number(Buffer.from(pageToken, "base64url").toString("utf8"));
  if (pageSize < 0 || !Number.isInteger(start) || start < 0) throw invalidArgument("page_size or page_token is not valid.");
  const end = start + Math.min(pageSize === 0 ? DEFAULT_SIZE : pageSize, MAX_SIZE);
  return {
    items: items.slice(start, end),
    nextPageToken: end < items.length ? Buffer.from(String(end)).toString("base64url") : "",
    totalSize: items.length,
  };
}
