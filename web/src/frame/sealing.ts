// One deposit for one set of values. What was sealed is kept until ingest has answered: a retry
// posts the same bytes, so it has the same id and gets the same receipt. The values are not kept.

import type { InlineValue, Sealed } from "../shared/protocol.ts";
import { Failure } from "./failure.ts";

/** Ingest's answer to one attempt. */
export type Answer =
  | { readonly kind: "stored"; readonly sealed: Sealed }
  /** Nobody knows whether it was stored: post the same bytes again. */
  | { readonly kind: "unknown"; readonly code: string }
  /** Not stored, and these bytes never will be. */
  | { readonly kind: "refused"; readonly code: string };

export interface Sealer {
  /** Gives the deposit's JSON; throws when the values cannot be sealed. */
  readonly seal: (reference: string, values: readonly InlineValue[]) => Promise<string>;
  readonly post: (deposit: string) => Promise<Answer>;
  /** Fetches manifest and timestamp again. */
  readonly renew: () => Promise<void>;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Wait before the one automatic retry, in milliseconds. */
const BACK_OFF = 1200;

/** The page was open for so long that the keys have moved on: seal again under the new manifest. */
const OUTDATED = ["manifest_not_current", "unknown_key"];

export class Sealing {
  /** Of this frame alone; no script can read it. */
  readonly #secret = crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  #mark = "";
  #deposit: string | undefined;
  #sealed: Sealed | undefined;
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** A field of the frame was edited: what was sealed is no longer what is meant. */
  edited(): void {
    this.#deposit = this.#sealed = undefined;
  }

  /** Gives the receipt for these values; throws `Failure`, or what `seal` throws. */
  async run(reference: string, values: readonly InlineValue[]): Promise<Sealed> {
    // Tells values apart without keeping them. A bare hash of a card number could be guessed
    const text = new TextEncoder().encode(JSON.stringify([reference, values]));
    const mark = String(new Uint8Array(await crypto.subtle.sign("HMAC", await this.#secret, text)));
    if (mark !== this.#mark) this.edited();
    this.#mark = mark;
    if (this.#sealed !== undefined) return this.#sealed;
    let answer = await this.#attempt(reference, values);
    if (answer.kind === "refused" && OUTDATED.includes(answer.code)) {
      await this.#sealer.renew();
      answer = await this.#attempt(reference, values);
    }
    if (answer.kind !== "stored") throw new Failure(answer.code);
    return (this.#sealed = answer.sealed);
  }

  async #attempt(reference: string, values: readonly InlineValue[]): Promise<Answer> {
    const deposit = (this.#deposit ??= await this.#sealer.seal(reference, values));
    let answer = await this.#sealer.post(deposit);
    if (answer.kind === "unknown") {
      await this.#sealer.pause(BACK_OFF);
      answer = await this.#sealer.post(deposit);
    }
    if (answer.kind !== "unknown") this.#deposit = undefined;
    return answer;
  }
}
