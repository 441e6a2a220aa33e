// Somebody elsewhere who watches the site: runs the real `nightsafe-monitor`, with an anchor and a memory of its own.

import { spawn } from "node:child_process";
import type { MonitorConfig } from "./config.ts";

/** As `nightsafe-monitor check --format json` prints it. */
interface Report {
  readonly status: Status;
  readonly at: string;
  readonly seconds: number;
  readonly site: string;
  readonly visitors: readonly string[];
  readonly release: { readonly version: string; readonly sequence: number } | null;
  readonly findings: readonly Finding[];
}

export type Status = "OK" | "WARNING" | "CRITICAL" | "UNKNOWN";

export interface Finding {
  readonly verdict: string;
  readonly severity: Status;
  /** The address */
  readonly what: string;
  readonly said: string;
  /** Who saw it; everybody when it is empty */
  readonly only: readonly string[];
}

/** What came of one look. */
export interface Look {
  readonly exit: number;
  /** What it says, or why it says nothing */
  readonly report: Report | { readonly status: "UNKNOWN"; readonly problem: string };
}

/** Milliseconds. It gives up by itself long before. */
const LIMIT = 90_000;

export class Monitor {
  readonly #config: MonitorConfig;
  #last: Look | undefined;
  #under: Promise<unknown> = Promise.resolve();

  constructor(config: MonitorConfig) {
    this.#config = config;
  }

  /** The last look; a first one, if there was none. */
  async last(): Promise<Look> {
    return this.#last ?? (await this.look());
  }

  /** Looks now: one after the other, because they have one memory. */
  look(): Promise<Look> {
    const look = this.#under.then(async () => (this.#last = await run(this.#config)));
    this.#under = look.catch(() => undefined);
    return look;
  }
}

function run({ program, targets, anchor, state }: MonitorConfig): Promise<Look> {
  const args = ["check", ...targets, "--anchor", anchor, "--state", state, "--format", "json"];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], timeout: LIMIT });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ exit: code ?? 3, report: read(output) }));
  });
}

/** What is no report is the reason why there is none. */
function read(output: string): Look["report"] {
  try {
    return JSON.parse(output) as Report;
  } catch {
    return { status: "UNKNOWN", problem: output.trim() || "The monitor ended without a word." };
  }
}
