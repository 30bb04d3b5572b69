import { expect, test } from "@jest/globals";
import { addMasterKeysToGeneration } from "../../../runtime/secret/add-master-keys.js";
import { lentToAll } from "../../../runtime/secret/lent-to-all.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { type MasterKey } from "../../../runtime/master-key/master-key.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { deferred, isWiped, refusal, settled } from "../support.js";

test("gives what all give, in order", async () => {
  expect(await lentToAll([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});

test("the first failure in order comes out, when the last has ended", async () => {
  const slow = deferred<number>();
  let ended = false;
  const all = lentToAll([slow.promise, Promise.reject(new Error("second")), Promise.reject(new Error("third"))]).finally(() => {
    ended = true;
  });
  await settled();
  expect(ended).toBe(false);
  slow.resolve(1);
  await expect(all).rejects.toThrow("second");
});

/** A key that looks at the share only after a while, as one does that fetches a token first. */
class SlowKey extends FakeMasterKey {
  readonly go = deferred<undefined>();
  seenWiped: boolean | undefined;

  override async wrap(...[share, context]: Parameters<MasterKey["wrap"]>): ReturnType<MasterKey["wrap"]> {
    await this.go.promise;
    this.seenWiped = isWiped(share);
    return super.wrap(share, context);
  }
}

test.each(["sealed", "added to"] as const)("a generation that is %s lends its share until the slowest key has it, though another refused", async (what) => {
  const [first, refusing, slow, service] = [new FakeMasterKey("first"), new FakeMasterKey("refusing"), new SlowKey("slow"), new FakeMasterKey("service")];
  const id = { tenant: "acme", secret: "s", generation: 1 };
  const byId = new Map([first, refusing, slow].map((key) => [key.id, key]));
  const sealed = await sealNewGeneration(id, [first], service);
  refusing.fail("ACCESS_DENIED");
  const refused = refusal(
    what === "sealed" ? sealNewGeneration(id, [refusing, slow], service) : addMasterKeysToGeneration(sealed, [refusing, slow], byId, service),
  );
  for (let turn = 0; turn < 10; turn += 1) await settled();
  slow.go.resolve(undefined);
  expect(await refused).toMatchObject({ code: "ACCESS_DENIED" });
  await settled();
  expect(slow.seenWiped).toBe(false);
});
