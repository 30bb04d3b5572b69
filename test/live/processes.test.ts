/** What a live run reads off a stack's configuration. */
import { expect, test } from "@jest/globals";

import { adoptsKey } from "../../live/processes.js";

test.each<[string | undefined, boolean]>([
  ['{"accountId":"111122223333","existing":{"key":"alias/theirs"}}', true],
  ['{"existing":{"key":"projects/p/locations/l/keyRings/r/cryptoKeys/k"}}', true],
  ['{"existing":{"keyRing":"r"}}', false],
  ['{"existing":{"vault":"v","application":"a"}}', false],
  ['{"accountId":"111122223333"}', false],
  ["no JSON", false],
  ["null", false],
  [undefined, false],
])("%s names a key that is there already: %s", (json, adopts) => {
  expect(adoptsKey(json)).toBe(adopts);
});
