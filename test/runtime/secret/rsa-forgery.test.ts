/**
 * RSA keys wrap for whoever has the public key, and bind a wrap to nothing. What keeps a validly made wrap from passing
 * for the real one is tag and commitment, and nobody can make either without the binding share. Who has that, too, is the
 * service: it can make a Secret of its own, and that opens nothing of the real one's.
 */
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { ByokError } from "../../../runtime/master-key/errors.js";
import { type MasterKey, type UnwrappedShare, type WrappedShare } from "../../../runtime/master-key/master-key.js";
import { openBindingShare } from "../../../runtime/secret/binding-share.js";
import { deriveSecret } from "../../../runtime/secret/derivation.js";
import { openGeneration } from "../../../runtime/secret/open-generation.js";
import { sealNewGeneration, tagged } from "../../../runtime/secret/seal-generation.js";
import { type SealedGeneration } from "../../../runtime/secret/sealed-secret.js";
import { toSealedWrap } from "../../../runtime/secret/sealed-wrap.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { bytesOf, hex, refusal } from "../support.js";

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** What anybody can do who knows the public key. */
function wrapAsAnybody(share: Uint8Array): WrappedShare {
  return { provider: "fake-rsa", keyId: "rsa", keyVersion: "rsa/1", ciphertext: publicEncrypt({ key: pair.publicKey, ...OAEP }, share) };
}

/** An RSA master key as Azure Key Vault has them: no additional data, no context. */
class RsaMasterKey implements MasterKey {
  readonly provider = "fake-rsa";
  readonly id = "rsa";
  readonly tenant = "acme";
  unwraps = 0;

  async wrap(share: Uint8Array): Promise<WrappedShare> {
    return wrapAsAnybody(share);
  }

  async unwrap(wrapped: WrappedShare): Promise<UnwrappedShare> {
    this.unwraps += 1;
    try {
      return { share: Uint8Array.from(privateDecrypt({ key: pair.privateKey, ...OAEP }, wrapped.ciphertext)) };
    } catch (error) {
      throw new ByokError("TAMPERED", "BadParameter", { keyId: this.id, cause: error });
    }
  }

  async describe(): Promise<{ usable: boolean; state: string }> {
    return { usable: true, state: "Enabled" };
  }

  async close(): Promise<void> {
    // Nothing to close.
  }
}

const ID = { tenant: "acme", secret: "s-1", generation: 1 };
let rsa: RsaMasterKey;
let aead: FakeMasterKey;
let service: FakeMasterKey;
let sealed: SealedGeneration;

beforeEach(async () => {
  [rsa, aead, service] = [new RsaMasterKey(), new FakeMasterKey("aead"), new FakeMasterKey("service")];
  sealed = await sealNewGeneration(ID, [rsa], service);
  rsa.unwraps = 0;
});

function open(of: SealedGeneration): Promise<Uint8Array> {
  return openGeneration(of, new Map<string, MasterKey>([[rsa.id, rsa], [aead.id, aead]]), service);
}

function replaced(of: SealedGeneration, wrap: WrappedShare): SealedGeneration {
  return { ...of, masterKeys: of.masterKeys.map((each) => (each.keyId === rsa.id ? toSealedWrap(wrap) : each)) };
}

/** As somebody does who can use the service key, but not the tenant's. */
async function retagged(of: SealedGeneration): Promise<SealedGeneration> {
  return tagged(of, await openBindingShare(sealed, service, ID));
}

const AS_SEALED = { code: "TAMPERED", message: "Secret s-1 is refused: it is not as the service sealed it. Restore it from a good copy." };

describe("a validly made RSA wrap in the place of the real one", () => {
  const forged = wrapAsAnybody(bytesOf("a share that the forger knows"));

  test("the key itself opens it: nothing in it is wrong", async () => {
    expect(hex((await rsa.unwrap(forged)).share)).toBe(hex(bytesOf("a share that the forger knows")));
  });

  test("by an outsider: the tag refuses it, and the tenant's KMS is not asked", async () => {
    expect(await refusal(open(replaced(sealed, forged)))).toMatchObject(AS_SEALED);
    expect(rsa.unwraps).toBe(0);
  });

  test("by an insider with the service key, tagged again: the commitment refuses it", async () => {
    expect(await refusal(open(await retagged(replaced(sealed, forged))))).toMatchObject({
      code: "TAMPERED",
      message: "Secret s-1 is refused: its wraps do not fit its commitment. Restore it from a good copy.",
    });
  });

  test("by the same insider in a Secret of several keys: they hold different shares", async () => {
    const several = await sealNewGeneration(ID, [rsa, aead], service);
    sealed = several;
    expect(await refusal(open(await retagged(replaced(several, forged))))).toMatchObject({
      code: "TAMPERED",
      message: "Secret s-1 is refused: its master keys hold different shares. Restore it from a good copy.",
    });
  });

  test("by an insider who derives everything anew: that is another Secret, with another SEK", async () => {
    const share = bytesOf("a share that the forger knows");
    const bindingShare = await openBindingShare(sealed, service, ID);
    const commitment = Uint8Array.from(deriveSecret(share, bindingShare, ID, [rsa.id]).commitment);
    const own = await retagged({ ...replaced(sealed, wrapAsAnybody(share)), commitment });
    expect(hex(await open(own))).not.toBe(hex(await open(sealed)));
  });

  test("the real wrap of another Secret, which no context binds", async () => {
    const other = await sealNewGeneration({ ...ID, secret: "s-2" }, [rsa], service);
    const [wrap] = other.masterKeys;
    if (wrap === undefined) throw new Error("no wrap");
    const moved = { ...sealed, masterKeys: [wrap] };
    expect(await refusal(open(moved))).toMatchObject(AS_SEALED);
    expect(await refusal(open(await retagged(moved)))).toMatchObject({ code: "TAMPERED" });
  });

  test("a second wrap of the real share opens, once the service sealed it: that is what a re-wrap is", async () => {
    const [wrap] = sealed.masterKeys;
    const { share } = await rsa.unwrap({ provider: "fake-rsa", keyId: "rsa", ciphertext: wrap?.wrap ?? new Uint8Array(0) });
    const again = replaced(sealed, wrapAsAnybody(share));
    expect(await refusal(open(again))).toMatchObject(AS_SEALED);
    expect(hex(await open(await retagged(again)))).toBe(hex(await open(sealed)));
  });
});

describe("a wrap deleted from a Secret of several keys, so that the other keeps a revoked Secret open", () => {
  test("by an outsider and by an insider with the service key", async () => {
    sealed = await sealNewGeneration(ID, [rsa, aead], service);
    aead.fail("KEY_DISABLED");
    expect(await refusal(open(sealed))).toMatchObject({ code: "KEY_DISABLED" });
    const deleted = { ...sealed, masterKeys: sealed.masterKeys.filter(({ keyId }) => keyId !== aead.id) };
    rsa.unwraps = 0;
    expect(await refusal(open(deleted))).toMatchObject(AS_SEALED);
    expect(rsa.unwraps).toBe(0);
    expect(await refusal(open(await retagged(deleted)))).toMatchObject({ code: "TAMPERED", message: expect.stringContaining("do not fit its commitment") as unknown });
  });
});
