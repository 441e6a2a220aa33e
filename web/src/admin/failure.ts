// Everything that can go wrong between this page and the vault, and how it is said to a person.

import type { Problem } from "./wire.ts";

/** The vault gave no answer: switched off, not reachable from here, or the network is down. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The vault answered with an error (RFC 9457). */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(`the vault answered ${status}`);
  }

  /** Last segment of the problem's `type`, or an empty text. */
  get slug(): string {
    return this.problem?.type?.split("/").at(-1) ?? "";
  }
}

/** The vault no longer knows this session. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Refused && error.status === 401 && error.slug !== "sign-in-failed";
}

/** Trying again may help: nothing was refused, the vault just did not answer. */
export function isTemporary(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

/** The stable `code` of an error thrown by the WASM, or an empty text. */
export function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** One or two sentences for the person at the screen: what happened, and what to do. */
export function sentence(error: unknown): string {
  if (error instanceof Unreachable) {
    return "The vault does not answer. What you see here stays as it is. Check that the vault is switched on and that you are on its network, then try again.";
  }
  if (error instanceof Refused) return refusal(error);
  if (error instanceof Error && (error.name === "ShapeError" || errorCode(error) === "malformed")) {
    return "The vault answered in a way that this page does not understand. The page or the vault may need an update.";
  }
  return "Something unexpected happened on this page. Nothing was opened. Reload the page and sign in again; if it happens again, tell whoever runs the vault.";
}

function refusal(refused: Refused): string {
  const { status, problem } = refused;
  if (refused.slug === "sign-in-failed") return "The name or the passphrase is not right. Type both again.";
  if (refused.slug === "opening-not-allowed") {
    return "Your account may not open one of these kinds of field. Nothing was opened. Choose others, or ask whoever runs the vault.";
  }
  if (refused.slug === "batch-too-large") return "That was too much at once. Choose fewer fields and try again.";
  if (status === 401) return "Your session has ended. Sign in again to go on.";
  if (status === 403) return "You may not do this with your account. Ask whoever runs the vault.";
  if (status === 404) return "The vault does not hold this deposit. It may have been deleted when its time was up.";
  if (status === 413) return "That was too much at once. Choose fewer fields and try again.";
  if (status === 429) return "Too many tries in a short time. Wait a minute, then try again.";
  if (status >= 500) return "The vault has a problem of its own and could not answer. Try again in a minute; if it stays, tell whoever runs the vault.";
  const said = problem?.detail ?? problem?.title;
  return said === undefined ? "The vault refused this request." : `The vault refused this request: ${ended(said)}`;
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
