/**
 * Master key descriptors, as a program would hand them out.
 *
 * @module
 */
import { type DeclaredProgram, isObject } from "./declared-resource.js";

/** Descriptors of the components of a program; in angle brackets what a cloud chooses. */
export function descriptorsOf({ resources }: DeclaredProgram): readonly Readonly<Record<string, unknown>>[] {
  return resources.flatMap(({ outputs }) => (isObject(outputs["descriptor"]) ? [outputs["descriptor"]] : []));
}
