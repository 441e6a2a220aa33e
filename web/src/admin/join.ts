// Joining by an invitation: a passphrase becomes a sign-in and keys of one's own, which wait for an admin.

import type { Config } from "./config.ts";
import type { Engine } from "./engine.ts";
import { NamedPassphrase } from "./failure.ts";
import type { Vault } from "./vault.ts";

export interface Joined {
  readonly name: string;
  /** Compared with whoever invited. */
  readonly words: string;
}

/** `paint` lets the browser show what goes on before the WASM keeps it busy. */
export async function join(
  token: string,
  passphrase: string,
  parts: { readonly engine: Promise<Engine>; readonly vault: Vault; readonly config: Config },
  paint: () => Promise<void>,
): Promise<Joined> {
  const engine = await parts.engine;
  const joiner = engine.joiner(passphrase);
  try {
    const { message, name } = await parts.vault.joinStart(token, joiner.message);
    if (holdsName(passphrase, name)) throw new NamedPassphrase();
    await paint();
    const joined = joiner.finish(message, parts.config.anchor);
    await parts.vault.joinFinish(token, joined);
    return { name, words: joiner.words ?? "" };
  } finally {
    joiner.free();
  }
}

/** A long one may: there is enough beside the name. */
function holdsName(passphrase: string, name: string): boolean {
  return passphrase.toLowerCase().includes(name.toLowerCase()) && [...passphrase].length < 24;
}
