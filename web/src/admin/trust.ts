// How far the WASM module could verify what the vault answered, and what it means when it refused.

import type { Opener } from "./engine.ts";
import { errorCode, VaultNotTrusted, WrongPassphrase } from "./failure.ts";

const TRUST = ["confirmed", "remembered", "unconfirmed", "none"] as const;

/**
 * How far the list of admins is known to be the current one: the timestamp note says so; it goes on from one that was
 * confirmed to this browser; only the vault says so; there is none.
 */
export type Trust = (typeof TRUST)[number];

export function trustOf({ roster_trust: text }: Opener): Trust {
  return TRUST.find((one) => one === text) ?? "unconfirmed";
}

/** What is not as it was signed is told from all else. */
export function trusted<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const code = errorCode(error);
    throw /^(?:roster|identity|timestamp)_/.test(code) ? new VaultNotTrusted(code) : error;
  }
}

/** The answer to a passphrase, which shows whether it was the right one. */
export function finish(run: () => string): string {
  try {
    return run();
  } catch (error) {
    throw errorCode(error) === "wrong_passphrase" ? new WrongPassphrase() : error;
  }
}
