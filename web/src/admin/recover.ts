// Getting back in by a recovery kit: its code unlocks the keys, a new passphrase wraps them anew. There is no session in it:
// whoever has set the passphrase signs in with it.

import type { Config } from "./config.ts";
import type { Engine, Recovery } from "./engine.ts";
import { errorCode, logError, Refused, VaultNotTrusted, WrongCode } from "./failure.ts";
import { timeText } from "./journal.ts";
import type { Memory } from "./remembered.ts";
import type { Vault } from "./vault.ts";

export interface RecoverParts {
  readonly engine: Promise<Engine>;
  readonly vault: Vault;
  readonly config: Config;
  readonly memory: Memory;
}

/** Somebody whose code was right. */
export class Recovering {
  constructor(
    readonly user: string,
    /** Seconds until the vault forgets it. */
    readonly expiresIn: number,
    private readonly id: string,
    private readonly recovery: Recovery,
    private readonly parts: RecoverParts,
  ) {}

  /** Sets a new passphrase; the kit is used up by it. `paint` as for signing in. */
  async setPassphrase(passphrase: string, paint: () => Promise<void>): Promise<void> {
    const { vault, config, memory } = this.parts;
    const reply = await vault.recoveryPassphraseStart(this.id, this.recovery.begin_passphrase(passphrase));
    await paint();
    const renewed = this.recovery.finish_passphrase(reply, config.logKey, memory.read("log"), timeText());
    try {
      const { log } = await vault.recoveryPassphraseFinish(this.id, renewed);
      const place = this.recovery.logged(log ?? "null");
      if (place !== undefined) memory.write("log", place);
    } catch (error) {
      throw logError(error);
    }
  }

  /** Zeroises code and keys. */
  free(): void {
    this.recovery.free();
  }
}

/** Shows a code. Only the WASM reads it; what is wrong with it is told before anything is sent. */
export async function showCode(user: string, code: string, parts: RecoverParts, paint: () => Promise<void>): Promise<Recovering> {
  const { vault, config } = parts;
  const recovery = (await parts.engine).recovery(code);
  try {
    const { login, message } = await vault.recoveryStart(user, recovery.message);
    await paint();
    const shown = await vault.recoveryFinish({ login, message: recovery.finish(message) });
    recovery.unlock(shown.identity, shown.logs, config.anchor);
    return new Recovering(user, shown.expires_in, shown.recovery, recovery, parts);
  } catch (error) {
    recovery.free();
    const wrong = errorCode(error) === "wrong_passphrase" || (error instanceof Refused && error.slug === "sign-in-failed");
    if (wrong) throw new WrongCode();
    throw errorCode(error) === "identity_refused" ? new VaultNotTrusted("identity_refused") : error;
  }
}
