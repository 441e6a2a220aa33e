// Fetches what the frame is made of. Everything fails closed, each cause with a code of its own.

import { ask, initSync, renew } from "#checkout-wasm";
import type { Addresses } from "./anchor.ts";
import { hasEd25519, verdictsOn } from "./ed25519.ts";
import { Failure } from "./failure.ts";

/** The two signed texts that the WASM checks. */
export interface Notes {
  readonly manifest: string;
  /** Empty when ingest gave none, as it does while it refuses the manifest itself: what is wrong with that comes first. */
  readonly timestamp: string;
}

const TIMEOUT = 20_000;

const HEAD: RequestInit = { method: "HEAD", cache: "no-store" };

/** The keys one of which must have signed the module, as they stand behind its hash. Written in when the site is built. */
const KEYS = "__NIGHTSAFE_SRI__";

/** Starts the WASM that fits the browser, whose bytes must have the anchor's hash and be signed. */
export async function startModule({ wasm, portable }: Addresses, again: boolean): Promise<void> {
  const { name, integrity } = (await hasEd25519()) ? wasm : portable;
  const cache = again ? "reload" : "default";
  const response = await fetch(name, { integrity: integrity + KEYS, cache, mode: "same-origin" }).catch(async () => {
    // The browser does not tell a wrong hash from a lost connection, and holds the bytes of a HEAD, which are none, against the
    // digest that was signed: then it is another file that tells whether the server is there
    const there = await fetch(name, HEAD).catch(() => fetch("key-manifest", HEAD)).then(({ ok }) => ok, () => false);
    // Browsers report no wrong hash, and do report what a policy refuses: this reaches nobody but ingest's reports, by its name
    if (there) new Image().src = `refused-${name}`;
    throw new Failure(there ? "module_refused" : "module_unreachable");
  });
  try {
    // Not the glue's own loading, which would fetch without integrity: left out, it is not in the bundle either
    initSync({ module: await WebAssembly.compileStreaming(response) });
  } catch {
    throw new Failure("module_failed");
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
 * Has the WASM verify the notes, signatures by WebCrypto, and take the active data key. Throws the WASM's code for what
 * is wrong. Only the WASM decides: whatever is said of a signature counts for that signature alone, what is not said is
 * wrong, and a key is the one that the manifest commits to or none.
 */
export async function verify(notes: Notes, cache: RequestCache = "default"): Promise<void> {
  const { manifest, timestamp } = notes;
  const asked = ask(manifest, timestamp, seconds()) as Uint8Array<ArrayBuffer>;
  const name = 1 + (asked[0] ?? 0);
  const [key, verdicts] = await Promise.all([
    fetchKey(String.fromCharCode(...asked.subarray(1, name)), cache),
    verdictsOn(asked.subarray(name)),
  ]);
  const code = renew(key, verdicts);
  if (code === "") return;
  const ours = code === "data_key_refused";
  // What was once changed on its way may lie in the browser's cache
  if (ours && cache === "default") return verify(notes, "reload");
  if (ours && key.length === 0) throw new Failure("data_key_unreachable");
  throw new Failure(timestamp === "" && code === "timestamp_malformed" ? "timestamp_unreachable" : code);
}

/** The time as the WASM takes it. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A data key's file; no bytes when there is none to fetch, or it cannot be fetched. */
async function fetchKey(name: string, cache: RequestCache): Promise<Uint8Array> {
  try {
    if (name !== "") return new Uint8Array(await (await fetched(name, cache)).arrayBuffer());
  } catch {
    // The WASM refuses no bytes, and says so in its turn: faults of the notes come first
  }
  return new Uint8Array();
}

async function fetchText(url: string, code: string): Promise<string> {
  try {
    return await (await fetched(url, "no-store")).text();
  } catch {
    throw new Failure(code);
  }
}

async function fetched(url: string, cache: RequestCache): Promise<Response> {
  const response = await fetch(url, { cache, credentials: "omit", signal: AbortSignal.timeout(TIMEOUT) });
  return response.ok ? response : Promise.reject();
}
