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
    private readonly output: readonly string[],
  ) {}

  /** Starts a demo of its own: new keys, new databases, in a folder that goes when it stops; or the one of a folder that was kept. */
  static async start(portBase: number, folder = mkdtempSync(join(tmpdir(), "nightsafe-e2e-"))): Promise<Demo> {
    const [program, before] = command();
    const child = spawn(
      program,
      [...before, "demo", "--json", "--data-dir", join(folder, "data"), "--port-base", String(portBase)],
      // An input that stays open and silent: whoever asks for something there waits for ever
      { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] },
    );
    let log = "";
    const output: string[] = [];
    child.stdout.on("data", (chunk) => output.push(String(chunk)));
    child.stderr.on("data", (chunk) => (log += String(chunk)));
    const lines = createInterface({ input: child.stdout });
    const line = await new Promise<string>((done, fail) => {
      lines.once("line", done);
      child.once("error", fail);
      child.once("exit", (code) => fail(new Error(`the demo ended with ${code}:\n${log}`)));
    });
    return new Demo(JSON.parse(line) as Addresses, child, folder, output);
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Stops it and keeps its folder; gives the exit code, or the signal that it died of. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((done) => child.once("close", done));
      child.kill(signal);
      await gone;
    }
    return child.exitCode ?? child.signalCode;
  }

  /** All that it has written to its standard output. */
  get printed(): string {
    return this.output.join("");
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
