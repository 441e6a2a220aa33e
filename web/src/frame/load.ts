// Fetches what the frame is made of. Everything fails closed, each cause with a code of its own.

import { ask, initSync, renew } from "#checkout-wasm";
import type { Addresses } from "./anchor.ts";
import { hasEd25519, verdictsOn } from "./ed25519.ts";

/** Why the frame cannot be used; `code` is stable. */
export class LoadError extends Error {
  override readonly name = "LoadError";
  constructor(readonly code: string) {
    super(code);
  }
}

/** The two signed texts that the WASM checks. */
export interface Notes {
  readonly manifest: string;
  /** Empty when ingest gave none, as it does while it refuses the manifest itself: what is wrong with that comes first. */
  readonly timestamp: string;
}

const TIMEOUT = 20_000;

/** Starts the WASM that fits the browser, whose bytes must have the anchor's hash. */
export async function startModule({ wasm, portable }: Addresses, again: boolean): Promise<void> {
  const { name, integrity } = (await hasEd25519()) ? wasm : portable;
  const cache = again ? "reload" : "default";
  const response = await fetch(name, { integrity, cache, mode: "same-origin" }).catch(async () => {
    // The browser does not tell a wrong hash from a lost connection
    const there = await fetch(name, { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok, () => false);
    throw new LoadError(there ? "module_refused" : "module_unreachable");
  });
  try {
    // Not the glue's own loading, which would fetch without integrity: left out, it is not in the bundle either
    initSync({ module: await WebAssembly.compileStreaming(response) });
  } catch {
    throw new LoadError("module_failed");
  }
}

/** Fetches manifest and timestamp, both past every cache. */
export async function fetchNotes({ ingest }: Addresses): Promise<Notes> {
  const [manifest, timestamp] = await Promise.all([
    fetchText("key-manifest", "manifest_unreachable"),
    fetchText(`${ingest}/v1/timestamp`, "").catch(() => ""),
  ]);
  return { manifest, timestamp };
}

/**
 * Has the WASM verify the notes, signatures by WebCrypto. Throws the WASM's code for what is wrong with them. Only the
 * WASM decides: whatever is said of a signature counts for that signature alone, and what is not said is wrong.
 */
export async function verify({ manifest, timestamp }: Notes): Promise<void> {
  const now = seconds();
  const verdicts = await verdictsOn(ask(manifest, timestamp, now) as Uint8Array<ArrayBuffer>);
  try {
    renew(manifest, timestamp, verdicts, now);
  } catch (error) {
    throw timestamp === "" && error === "timestamp_malformed" ? new LoadError("timestamp_unreachable") : error;
  }
}

/** The time as the WASM takes it. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

async function fetchText(url: string, code: string): Promise<string> {
  try {
    const response = await fetch(url, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(TIMEOUT) });
    if (response.ok) return await response.text();
  } catch {
    // Same as an answer that is not the note
  }
  throw new LoadError(code);
}
