/**
 * Several master keys against a model: what a Secret of any number of keys answers, whatever each of them says. The rule
 * (design 4.2): a revocation by any closes it; so does any other final answer; the rest serve while some are out.
 */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { addMasterKeysToGeneration } from "../../../runtime/secret/add-master-keys.js";
import { openGeneration } from "../../../runtime/secret/open-generation.js";
import { rewrapGeneration } from "../../../runtime/secret/rewrap-generation.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { asByokError, bytesOf, hex, isWiped } from "../support.js";

const REVOCATIONS: ByokErrorCode[] = ["KEY_DISABLED", "KEY_PENDING_DELETION", "KEY_DESTROYED", "KEY_NOT_FOUND", "ACCESS_DENIED", "APP_REJECTED", "NETWORK_BLOCKED"];
const OUTAGES: ByokErrorCode[] = ["THROTTLED", "UNAVAILABLE", "SERVICE_CREDENTIALS"];
const FINAL: ByokErrorCode[] = ["UNEXPECTED_ANSWER", "WRONG_KEY", "TAMPERED", "CONFIG_INVALID"];

type Answer = "works" | "another share" | ByokErrorCode;
const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Answer>("works") },
  { weight: 3, arbitrary: fc.constantFrom<Answer>(...OUTAGES) },
  { weight: 1, arbitrary: fc.constantFrom<Answer>(...REVOCATIONS) },
  { weight: 1, arbitrary: fc.constantFrom<Answer>(...FINAL, "another share") },
);

const isOne = (codes: readonly ByokErrorCode[], given: Answer): boolean => (codes as readonly Answer[]).includes(given);

/** What the Secret must answer. */
function model(answers: readonly Answer[]): Answer {
  const decisive = answers.find((each) => isOne(REVOCATIONS, each)) ?? answers.find((each) => isOne(FINAL, each));
  if (decisive !== undefined) return decisive;
  if (answers.includes("another share")) return "TAMPERED";
  return answers.includes("works") ? "works" : (answers[0] ?? "works");
}

test("whatever each key answers, the Secret answers as the model does, and no share outlives the call", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 5 }), fc.nat(4), fc.boolean(), async (answers, added, rotate) => {
      const keys = answers.map((_, index) => new FakeMasterKey(`${index}`, index % 2 === 0 ? { versions: "seen" } : {}));
      const byId = new Map(keys.map((key) => [key.id, key]));
      const service = new FakeMasterKey("service");
      const first = Math.max(1, keys.length - added);
      // However it came to its keys: made with some, others added, and re-wrapped.
      let sealed = await sealNewGeneration({ tenant: "acme", secret: "s", generation: 1 }, keys.slice(0, first), service);
      const sek = hex(await openGeneration(sealed, byId, service));
      if (first < keys.length) sealed = await addMasterKeysToGeneration(sealed, keys.slice(first), byId, service);
      if (rotate) {
        for (const key of keys) key.rotate();
        sealed = (await rewrapGeneration(sealed, byId, service)).sealed;
      }
      keys.forEach((key, index) => {
        const given = answers[index] ?? "works";
        if (given === "another share") key.instead = bytesOf(`another share ${index}`);
        else if (given !== "works") key.fail(given);
      });
      const found = await openGeneration(sealed, byId, service).then(hex, (error: unknown) => asByokError(error).code);
      const expected = model(answers);
      expect(found).toBe(expected === "works" ? sek : expected);
      expect([...keys, service].flatMap(({ lent }) => lent).every(isWiped)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
