// What an admin sees: runs `nightsafe open` with the passphrase on a file descriptor, as an operator would by hand.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import type { ThiefConfig } from "./config.ts";

/** One deposit as `nightsafe open --json` prints it. */
export interface Opened {
  readonly deposit_id: string;
  readonly reference: string;
  readonly day: string;
  readonly fields: readonly { readonly kind: string; readonly index: number; readonly value: Record<string, string> }[];
  readonly differences: readonly { readonly code: string; readonly kind: string | null; readonly facet: string | null }[];
}

const PASSPHRASE_FD = 3;
/** Seconds for a deposit to get from the outbox into the vault. */
const WAIT = "10";

/** Opens the deposits of a reference. Fails with what the command says. */
export function open(config: ThiefConfig, reference: string): Promise<Opened[]> {
  const what = ["--reference", reference, "--all-fields", "--wait", WAIT];
  const args = ["open", "--offline", "--json", "--data-dir", config.data, "--passphrase-fd", String(PASSPHRASE_FD), ...what];
  const child = spawn(config.nightsafe, args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const passphrase = child.stdio[PASSPHRASE_FD] as Writable;
  passphrase.on("error", () => undefined); // it ended before it read; its exit says why
  passphrase.end(`${readFileSync(config.passphrase, "utf8").trim()}\n`);
  let output = "";
  let problem = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (problem += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output) as Opened[]);
      else reject(new Error(problem.trim() || `nightsafe open ended with ${code}`));
    });
  });
}
