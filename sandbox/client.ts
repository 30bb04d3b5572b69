/**
 * A client of the control endpoint.
 *
 * @module
 */
import { type z } from "zod";

import { BYOK_ERROR_CODES, ByokError, type ByokErrorCode } from "../runtime/master-key/errors.js";
import { type ActName, type ACTS } from "./control.js";
import { readSandboxFile } from "./sandbox-file.js";

/** Arguments of an act. */
export type ActArguments<Name extends ActName> = z.input<(typeof ACTS)[Name]["schema"]>;
/** What an act answers. */
export type ActResult<Name extends ActName> = ReturnType<(typeof ACTS)[Name]["run"]>;

/** Plays the tenant in a running sandbox. */
export class SandboxClient {
  readonly #control: string;
  readonly #token: string;

  constructor(endpoint: { readonly control: string; readonly controlToken: string }) {
    this.#control = endpoint.control;
    this.#token = endpoint.controlToken;
  }

  /**
   * Client for the sandbox behind a sandbox.json.
   *
   * @throws ByokError CONFIG_INVALID if the file is missing or malformed.
   */
  static fromFile(path: string): SandboxClient {
    return new SandboxClient(readSandboxFile(path));
  }

  /**
   * Performs an act, e.g. `act("revoke", { by: "disable" })`.
   *
   * @throws ByokError UNAVAILABLE if no sandbox listens, otherwise as the sandbox answers (mostly CONFIG_INVALID).
   */
  async act<Name extends ActName>(name: Name, args: ActArguments<Name>): Promise<ActResult<Name>> {
    let response: Response;
    try {
      response = await fetch(`${this.#control}${name}`, {
        method: "POST",
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        body: JSON.stringify(args),
      });
    } catch (cause) {
      throw new ByokError(
        "UNAVAILABLE",
        `The sandbox does not answer at ${this.#control}. Start it with "byok sandbox start" in its directory.`,
        { cause },
      );
    }
    const answer = (await response.json()) as { result: ActResult<Name> } | { error: { code: string; message: string } };
    if ("error" in answer) throw new ByokError(knownCode(answer.error.code), answer.error.message);
    return answer.result;
  }
}

function knownCode(code: string): ByokErrorCode {
  return Object.hasOwn(BYOK_ERROR_CODES, code) ? (code as ByokErrorCode) : "UNEXPECTED_ANSWER";
}
