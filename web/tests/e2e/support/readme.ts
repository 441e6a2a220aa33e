// The README's section "From outside": its two command lines and its table, as they stand there.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Demo } from "./demo.ts";
import { NIGHTSAFE } from "./site.ts";

const ROOT = resolve(import.meta.dirname, "../../../..");

/** A row of the table. */
export interface Step {
  /** Buttons of the thief page */
  readonly buttons: readonly string[];
  /** Whether the second command is to be run */
  readonly publishes: boolean;
  readonly words: readonly string[];
  readonly exit: number;
}

export interface FromOutside {
  readonly check: string;
  readonly publish: string;
  readonly steps: readonly Step[];
}

export function fromOutside(): FromOutside {
  const [, section = ""] = /^### From outside\n(.*?)^## /ms.exec(readFileSync(join(ROOT, "README.md"), "utf8")) ?? [];
  const [check = "", publish = "", ...others] = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, command = ""]) => command);
  const [, , ...rows] = section.split("\n").filter((line) => line.startsWith("|"));
  if (others.length > 0 || publish === "" || rows.length === 0) throw new Error("the README's section has another form");
  return { check, publish, steps: rows.map(step) };
}

function step(row: string): Step {
  const [, what = "", says = "", exit = ""] = row.split("|");
  const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = ""]) => found);
  return {
    buttons: all(what, /\*\*(.+?)\*\*/g),
    publishes: what.includes("publish a release"),
    words: all(says, /`(.+?)`/g),
    exit: Number(exit.trim()),
  };
}

/** Runs a command line of the README in a shell, against this demo: its folder and ports for those of a demo that a reader has, and what is built in the place of `cargo run`. */
export function typed(line: string, { at }: Demo): Promise<{ readonly exit: number; readonly said: string }> {
  const base = Number(new URL(at.shop).port) - 1;
  const command = line
    .replace(/cargo run -p (\S+) --/g, (_, program: string) => join(dirname(NIGHTSAFE), program))
    .replace(/localhost:480(\d)/g, (_, digit: string) => `localhost:${base + Number(digit)}`)
    .replaceAll("target/assets", join(dirname(NIGHTSAFE), "../assets"))
    .replaceAll("demo-data", dirname(at.data_dir));
  return new Promise((done, fail) => {
    execFile("/bin/sh", ["-c", command], { cwd: "/" }, (error, out, errors) => {
      if (error !== null && typeof error.code !== "number") fail(error);
      else done({ exit: typeof error?.code === "number" ? error.code : 0, said: `${out}${errors}` });
    });
  });
}
