// What `nightsafe site build` fills in before it hashes this script: the site's trust anchor, the vault's origin, the public
// key of its audit log, and those that sign its modules.

const ANCHOR = "__NIGHTSAFE_ANCHOR__";
const VAULT = "__NIGHTSAFE_VAULT__";
const LOG_KEY = "__NIGHTSAFE_LOG_KEY__";
const PASSPHRASE = "__NIGHTSAFE_PASSPHRASE__";
const KEYS = "__NIGHTSAFE_SRI__";

/** The built site's own facts. All of them are covered by the script's hash. */
export interface Config {
  /** Trust anchor, verbatim: the WASM verifies manifests against it. */
  readonly anchor: string;
  /** Name of the site, for example `shop.example`. */
  readonly site: string;
  /** Origin of the vault's API, without a trailing slash. */
  readonly vault: string;
  /** Public key of the audit log, for the WASM; empty when the site has none. */
  readonly logKey: string;
  /** Origin of ingest, which signs the timestamp note. */
  readonly ingest: string;
  /** File name of the WASM module, relative to the page. */
  readonly wasmFile: string;
  /** Integrity of the WASM module, in the form that `fetch` takes. */
  readonly wasmIntegrity: string;
  /** The module that judges new passphrases, fetched only where one is chosen. */
  readonly passphrase: { readonly file: string; readonly integrity: string };
}

/** Thrown when this script was published without being filled in, or filled in wrongly. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

// An integrity string that does not have exactly this form is ignored by browsers, and the module then runs unchecked.
const INTEGRITY = /^sha384-[A-Za-z0-9+/]{64}$/;
const SIGNED = /^( ed25519-[A-Za-z0-9+/]{43}=){0,2}$/;
const FILE = /^[A-Za-z0-9][A-Za-z0-9._-]*\.wasm$/;

/** Reads the configuration out of an anchor text, a vault origin, the log's key, a module's name and hash, and the keys that stand behind a hash. */
export function parseConfig(anchor: string, vault: string, logKey: string, passphrase: string, keys: string): Config {
  const site = line(anchor, "site");
  const { file: wasmFile, integrity: wasmIntegrity } = pinned(line(anchor, "wasm"), keys);
  const ingest = origin(line(anchor, "ingest"), "ingest");
  return { anchor, site, vault: origin(vault, "the vault"), ingest, logKey, wasmFile, wasmIntegrity, passphrase: pinned(passphrase, keys) };
}

/** The configuration of this very script. */
export function ownConfig(): Config {
  return parseConfig(ANCHOR, VAULT, LOG_KEY, PASSPHRASE, KEYS);
}

function pinned(text: string, keys: string): { file: string; integrity: string } {
  const [file = "", hash = "", ...rest] = text.split(" ");
  if (!FILE.test(file) || !INTEGRITY.test(hash) || !SIGNED.test(keys) || rest.length > 0) {
    throw new ConfigError("A WASM module is not named with a SHA-384 integrity and keys. Build the site again.");
  }
  return { file, integrity: hash + keys };
}

function line(anchor: string, word: string): string {
  const found = anchor.split("\n").filter((text) => text.startsWith(`${word} `));
  const [only] = found;
  if (only === undefined || found.length !== 1) {
    throw new ConfigError(`The trust anchor must hold exactly one "${word}" line. Build the site again.`);
  }
  return only.slice(word.length + 1);
}

function origin(text: string, whose: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigError(`The origin of ${whose} is not an address. Build the site again.`);
  }
  if (url.origin !== text || (url.protocol !== "https:" && url.hostname !== "localhost")) {
    throw new ConfigError(`The origin of ${whose} must be https, or localhost, without a path. Build the site again.`);
  }
  return text;
}
