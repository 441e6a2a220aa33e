// The demo as a script starts it: one line of JSON, then a running shop, until it is told to stop.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** What `cargo xtask demo --json` prints. */
export interface Addresses {
  readonly shop: string;
  readonly fields: string;
  readonly ingest: string;
  readonly admin: string;
  readonly thief: string;
  readonly data_dir: string;
  readonly admin_login: { readonly user: string; readonly passphrase: string };
}

const ROOT = resolve(import.meta.dirname, "../../../..");

/** `cargo xtask`, or the running xtask itself under guard: the demo then ends with this process, however that ends. */
function command(): [string, string[]] {
  const xtask = process.env["NIGHTSAFE_XTASK"];
  return xtask === undefined ? ["cargo", ["xtask"]] : [xtask, ["guard", String(process.pid), xtask]];
}

export class Demo {
  private constructor(
    readonly at: Addresses,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts a demo of its own: new keys, new databases, in a folder that goes when it stops. */
  static async start(portBase: number): Promise<Demo> {
    const folder = mkdtempSync(join(tmpdir(), "nightsafe-e2e-"));
    const [program, before] = command();
    const child = spawn(
      program,
      [...before, "demo", "--json", "--data-dir", join(folder, "data"), "--port-base", String(portBase)],
      { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
    );
    let log = "";
    child.stderr.on("data", (chunk) => (log += String(chunk)));
    const lines = createInterface({ input: child.stdout });
    const line = await new Promise<string>((done, fail) => {
      lines.once("line", done);
      child.once("error", fail);
      child.once("exit", (code) => fail(new Error(`the demo ended with ${code}:\n${log}`)));
    });
    return new Demo(JSON.parse(line) as Addresses, child, folder);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((done) => this.child.once("exit", done));
      this.child.kill("SIGTERM");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Everything that this demo has written: the data directory with logs and order book, and what is kept offline. */
  get written(): string {
    return dirname(this.at.data_dir);
  }

  /** A file of the data directory. */
  path(...parts: string[]): string {
    return join(this.at.data_dir, ...parts);
  }

  /** A file of the published fields folder. */
  published(name: string): string {
    return this.path("site", "fields", name);
  }

  read(...parts: string[]): string {
    return readFileSync(this.path(...parts), "utf8");
  }
}
