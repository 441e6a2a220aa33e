// A demo of its own for each test worker: fresh data, its own ports, ended with the worker.

import { test as base } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The line that `cargo xtask demo --json` prints. */
export interface Demo {
  readonly shop: string;
  readonly fields: string;
  readonly ingest: string;
  readonly admin: string;
  readonly thief: string;
  readonly data_dir: string;
  readonly admin_login: { readonly user: string; readonly passphrase: string };
}

/** Apart from the default, so that a developer's own demo may run meanwhile. */
const PORT_BASE = 5200;
const PORTS_PER_WORKER = 10;
const START_LIMIT = 15 * 60_000; // the first one builds everything

export const test = base.extend<object, { demo: Demo }>({
  demo: [
    async ({}, use, { parallelIndex }) => {
      const folder = await mkdtemp(join(tmpdir(), "nightsafe-e2e-"));
      const [child, demo] = await start(join(folder, "data"), PORT_BASE + PORTS_PER_WORKER * parallelIndex);
      try {
        await use(demo);
      } finally {
        child.kill("SIGTERM");
        if (child.exitCode === null) await once(child, "exit");
        await rm(folder, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: START_LIMIT },
  ],
});

export { expect } from "@playwright/test";

/** Starts a demo and waits for its line. */
export async function start(dataDir: string, portBase: number): Promise<[ChildProcess, Demo]> {
  const demo = ["demo", "--json", "--data-dir", dataDir, "--port-base", String(portBase)];
  const xtask = process.env["NIGHTSAFE_XTASK"];
  // Under guard it ends with this process, however that ends
  const [program, args] = xtask ? [xtask, ["guard", String(process.pid), xtask, ...demo]] : ["cargo", ["xtask", ...demo]];
  const child = spawn(program, args, { cwd: resolve(".."), stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const line = new Promise<string>((found, failed) => {
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("\n")) found(output);
    });
    child.on("error", failed);
    child.on("exit", (code) => failed(new Error(`the demo ended with ${code}:\n${said}`)));
  });
  return [child, JSON.parse(await line) as Demo];
}
