// What an admin sees: runs `nightsafe open` with the passphrase on a file descriptor, as an operator would by hand.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import type { ThiefConfig } from "./config.ts";

/** The answer of `nightsafe open --json`, shown as it is. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const PASSPHRASE_FD = 3;

/** Opens one deposit. Fails with what the command says. */
export function open(config: ThiefConfig, reference: string): Promise<Json> {
  const what = ["--reference", reference, "--all-fields"];
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
      if (code === 0) resolve(JSON.parse(output) as Json);
      else reject(new Error(problem.trim() || `nightsafe open ended with ${code}`));
    });
  });
}
