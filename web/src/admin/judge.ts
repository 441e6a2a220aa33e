// Which new passphrases are good enough: zxcvbn in a WASM module of its own, whose dictionaries are fetched on the pages
// where a passphrase is chosen, and only when its bytes are the ones that this script names.

import init, { judge as judgeInModule, qr as qrInModule } from "#passphrase-wasm";
import type { Config } from "./config.ts";
import { EngineError } from "./failure.ts";

/** What is to be said of a passphrase; holds nothing of it. */
export interface Judgement {
  /** 0, found at once, to 4. */
  readonly score: number;
  /** Whether it may be taken. */
  readonly enough: boolean;
  /** What is wrong with it and what to do, or that it is good. */
  readonly sentence: string;
}

let loaded: Promise<void> | undefined;

/** Judges a new passphrase. `words` are what a guesser tries first: the person's name, the site's name. */
export async function judge(config: Config, passphrase: string, words: readonly string[]): Promise<Judgement> {
  await ready(config);
  return read(judgeInModule(passphrase, words.join("\n")));
}

/** A QR code, row by row: `1` is dark. It is in the same module, as it is needed as seldom. */
export async function qr(config: Config, text: string): Promise<readonly string[]> {
  await ready(config);
  return qrInModule(text).split("\n");
}

/** Once; a second try covers a connection that broke. */
async function ready(config: Config): Promise<void> {
  loaded ??= load(config).catch(() => load(config));
  try {
    await loaded;
  } catch {
    loaded = undefined;
    throw new EngineError("the module that judges passphrases was not loaded");
  }
}

async function load({ passphrase: { file, integrity } }: Config): Promise<void> {
  const response = await fetch(new URL(file, document.baseURI), { integrity, credentials: "omit", redirect: "error" });
  if (!response.ok) throw new EngineError(`the module that judges passphrases answered ${response.status}`);
  await init({ module_or_path: response });
}

/** A digit, a sign, a sentence. */
export function read(text: string): Judgement {
  return { score: Number(text.charAt(0)), enough: text.charAt(1) === "+", sentence: text.slice(2) };
}
