/** What a stack's configuration is refused for. */
import { parseStackConfig, StackConfigError } from "../../stacks/config.js";

/** A stack in AWS, which has nothing but what is required. */
export const VALID: Readonly<Record<string, string>> = {
  "byok:tenant": "acme",
  "byok:datacenter": "eu",
  "byok:clouds": '["aws"]',
  "byok:service": "afi",
  "byok:aws": '{"accountId":"111122223333"}',
};

/**
 * The problems of a configuration; none if it is taken. Any other error is the test's.
 *
 * @param all - the configuration
 * @param parse - what takes or refuses it
 */
export function problemsOf(all: Record<string, string>, parse: (all: Record<string, string>) => unknown = parseStackConfig): readonly string[] {
  try {
    parse(all);
  } catch (error) {
    if (error instanceof StackConfigError) return error.problems;
    throw error;
  }
  return [];
}
