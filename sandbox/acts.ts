/**
 * Acts: what the control endpoint can be asked to do, as tables of a schema for the arguments and a function. The client's
 * types are made from the tables.
 *
 * @module
 */
import { z } from "zod";

/** One act on a `Target`. */
export interface Act<Target, Schema extends z.ZodType, Result> {
  readonly schema: Schema;
  run(target: Target, args: z.infer<Schema>): Result;
}

/** Schema of an act without arguments. */
export const NOTHING = z.strictObject({});

/** Makes acts on one kind of target: `actsOn<AwsSandbox>()(schema, (aws, args) => ...)`. */
export function actsOn<Target>(): <Schema extends z.ZodType, Result>(
  schema: Schema,
  run: (target: Target, args: z.infer<Schema>) => Result,
) => Act<Target, Schema, Result> {
  return (schema, run) => ({ schema, run });
}

/** A table of acts, whatever their arguments. `never`: only the entry's own schema can give what its function takes. */
export type ActTable<Target> = Readonly<Record<string, { readonly schema: z.ZodType; run(target: Target, args: never): unknown }>>;

/** The same table for a target that holds the first one, under names that begin with a prefix. */
export type Prefixed<Prefix extends string, Target, Table> = {
  readonly [Name in keyof Table & string as `${Prefix}.${Name}`]: Table[Name] extends Act<never, infer Schema, infer Result>
    ? Act<Target, Schema, Result>
    : never;
};

/** Puts a cloud's acts into the table of all: `revoke` of `aws` becomes `aws.revoke`. */
export function prefixed<Prefix extends string, Target, Inner, Table extends ActTable<Inner>>(
  prefix: Prefix,
  pick: (target: Target) => Inner,
  table: Table,
): Prefixed<Prefix, Target, Table> {
  const entries = Object.entries(table).map(([name, act]) => [
    `${prefix}.${name}`,
    { schema: act.schema, run: (target: Target, args: never): unknown => act.run(pick(target), args) },
  ]);
  return Object.fromEntries(entries) as Prefixed<Prefix, Target, Table>;
}
