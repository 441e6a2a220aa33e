// A real Nightsafe site for the length of a bench: `nightsafe init`, `site build`, `up`; at the end its deposits are
// stored and opened.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

/** Where the programs are. */
export interface Tools {
  /** The `nightsafe` command. */
  readonly nightsafe: string;
  /** What `cargo xtask assets` made. */
  readonly assets: string;
  /** xtask, whose `guard` ends a server along with us, however we end. */
  readonly xtask: string;
}

/** A deposit as `nightsafe open --json` prints it. */
export interface OpenedDeposit {
  readonly deposit_id: string;
  readonly fields: readonly { readonly kind: string; readonly index: number; readonly value: Readonly<Record<string, string>> }[];
  readonly differences: readonly unknown[];
}

const SITE = "bench.nightsafe.example";
/** The origin of a shop; nobody is there. */
const SHOP = "http://localhost:9";
/** For the vault to take deposits over, in tries of half a second. */
const TRIES = 40;

export class Site {
  readonly parent = SHOP;
  #up: ChildProcess | undefined;

  private constructor(
    private readonly tools: Tools,
    private readonly folder: string,
    private readonly ingest: string,
    private readonly passphrase: string,
  ) {}

  /** Makes and starts a site whose files are served at `fields`. */
  static async start(tools: Tools, fields: string): Promise<Site> {
    const [ingest = 0, admin = 0, vault = 0, unused = 0] = await freePorts(4);
    const at = (port: number): string => `http://localhost:${port}`;
    const folder = mkdtempSync(join(tmpdir(), "nightsafe-bench-"));
    const site = new Site(tools, folder, at(ingest), randomBytes(16).toString("hex"));
    try {
      site.#run(
        "init", "--site", SITE, "--site-keys", join(folder, "site-keys"), "--recovery-file", join(folder, "recovery.key"),
        "--shop-origin", SHOP, "--fields-origin", fields, "--ingest-origin", at(ingest),
        "--admin-origin", at(admin), "--vault-origin", at(vault), "--fields-bind", `127.0.0.1:${unused}`,
        "--site-passphrase-fd", "0", "--passphrase-fd", "0",
      );
      site.#run("site", "build", "--assets", tools.assets);
      await site.#serve();
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  /** The trust anchor's text. */
  get anchor(): string {
    return readFileSync(join(this.#data, "anchor.txt"), "utf8");
  }

  /** A file that the fields origin publishes. */
  published(name: string): Buffer {
    return readFileSync(join(this.#data, "site", "fields", name));
  }

  /** Posts deposits as the frame does. */
  async store(deposits: readonly string[]): Promise<void> {
    for (const body of deposits) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${this.ingest}/v1/deposits`, { method: "POST", headers, body });
      if (answer.status !== 201) throw new Error(`ingest refused a deposit: ${await answer.text()}`);
    }
  }

  /** Opens every field of a reference, once the vault has so many deposits of it. */
  async open(reference: string, deposits: number): Promise<readonly OpenedDeposit[]> {
    const opening = ["open", "--offline", "--reference", reference, "--all-fields", "--json", "--passphrase-fd", "0"];
    let last: unknown = "";
    for (let attempt = 0; attempt < TRIES; attempt++) {
      await pause(500);
      try {
        const opened = JSON.parse(this.#run(...opening)) as OpenedDeposit[];
        if (opened.length === deposits) return opened;
        last = `the vault has ${opened.length} of ${deposits} deposits`;
      } catch (error) {
        last = error; // there is none yet
      }
    }
    throw new Error(`the deposits could not be opened: ${String(last)}`);
  }

  async stop(): Promise<void> {
    const up = this.#up;
    if (up && up.exitCode === null && up.signalCode === null) {
      const gone = new Promise((done) => up.once("exit", done));
      up.kill("SIGTERM");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.folder, "data");
  }

  /** Runs a subcommand to its end; it reads passphrases line by line. */
  #run(...words: string[]): string {
    const command = [...words, "--data-dir", this.#data];
    const { status, error, stdout, stderr } = spawnSync(this.tools.nightsafe, command, {
      encoding: "utf8",
      input: `${this.passphrase}\n`.repeat(4), // three site keys and the admin's
      maxBuffer: 64 << 20,
    });
    if (status !== 0) throw new Error(`nightsafe ${words[0]} failed: ${error ?? stderr.trim()}`);
    return stdout;
  }

  async #serve(): Promise<void> {
    const { xtask, nightsafe } = this.tools;
    const up = spawn(xtask, ["guard", String(process.pid), nightsafe, "up", "--data-dir", this.#data], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#up = up;
    let log = "";
    up.stderr.on("data", (chunk) => (log += String(chunk)));
    const lines = createInterface({ input: up.stdout });
    await new Promise<void>((done, fail) => {
      lines.on("line", (line) => line.trim() === "ready" && done());
      up.once("error", fail);
      up.once("exit", (code) => fail(new Error(`nightsafe up ended with ${code}: ${log.trim()}`)));
    });
  }
}

/** Ports that nobody listens on; all are held at once, so that none comes twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map((server) =>
      new Promise<number>((done, fail) =>
        server.once("error", fail).listen(0, "127.0.0.1", () => done((server.address() as AddressInfo).port)),
      ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
