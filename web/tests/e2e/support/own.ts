// A site of a test's own, whose processes the test may stop: `nightsafe up` and a shop, without the demo around them.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { ShopConfig } from "../../../src/demo/shop/config.ts";
import { Line, type Passed, type Shape } from "./line.ts";
import { NIGHTSAFE, TARGET, nightsafe } from "./site.ts";

/** This repository's own commands. */
export const XTASK = process.env["NIGHTSAFE_XTASK"] ?? join(TARGET, "debug/xtask");
const WEB = resolve(import.meta.dirname, "../../..");
/** Its site's name. */
export const NAME = "own.nightsafe.example";
const PASSPHRASE = "words that only this test knows of";
const ORIGINS = ["shop", "fields", "ingest", "admin", "vault"] as const;

/** A deposit as `nightsafe open --json` prints it. */
export interface Opened {
  readonly deposit_id: string;
  readonly fields: readonly { readonly kind: string; readonly value: Readonly<Record<string, string>> }[];
  readonly differences: readonly unknown[];
}

export class OwnSite {
  readonly at: Readonly<Record<(typeof ORIGINS)[number], string>>;
  readonly #folder = mkdtempSync(join(tmpdir(), "nightsafe-own-"));
  readonly #base: number;
  readonly #lines: Line[] = [];
  #shop: ChildProcess | undefined;
  #servers: ChildProcess | undefined;

  private constructor(base: number) {
    this.#base = base;
    this.at = Object.fromEntries(ORIGINS.map((name, n) => [name, `http://localhost:${base + 1 + n}`])) as OwnSite["at"];
  }

  /** Makes and starts it on ten ports; with a shape, fields origin and ingest are at the end of lines like that. What the demo is made of has to be built. */
  static async start(base: number, shape?: Shape): Promise<OwnSite> {
    const site = new OwnSite(base);
    try {
      await site.#make(shape);
    } catch (error) {
      await site.dispose();
      throw error;
    }
    return site;
  }

  get data(): string {
    return join(this.#folder, "data");
  }

  /** Signs in to the admin site. */
  get login(): { readonly user: string; readonly passphrase: string } {
    return { user: "admin", passphrase: PASSPHRASE };
  }

  /** What went through the lines, with a shape. */
  get passed(): readonly Readonly<Passed>[] {
    return this.#lines.flatMap((line) => line.passed);
  }

  /** A file beside the data directory. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  get orders(): string {
    return join(this.#folder, "orders.jsonl");
  }

  /** A file of the published fields folder. */
  published(name: string): string {
    return join(this.data, "site/fields", name);
  }

  /** Fields origin, ingest, admin site and vault, in one process; until it takes connections. */
  async up(): Promise<void> {
    this.#servers = await started(NIGHTSAFE, ["up", "--data-dir", this.data, "--log", "warn"]);
  }

  /** Makes a release from the same assets, signed by the site keys. */
  async sign(): Promise<void> {
    const keys = [1, 2].flatMap((n) => ["--site-key", this.path(`keys/site-key-${n}.key`)]);
    const build = ["site", "build", "--data-dir", this.data, "--assets", join(TARGET, "assets"), ...keys, "--site-passphrase-fd", "3"];
    await nightsafe(build, `${PASSPHRASE}\n`);
  }

  /** Ends that process without asking, as a lost machine does. */
  async kill(): Promise<void> {
    await ended(this.#servers, "SIGKILL");
  }

  /** It still takes connections, and answers nothing, until `resume`. */
  freeze(): void {
    this.#servers?.kill("SIGSTOP");
  }

  resume(): void {
    this.#servers?.kill("SIGCONT");
  }

  /** All deposits of an order, opened; waits until there is one. */
  async deposits(reference: string): Promise<readonly Opened[]> {
    const what = ["--reference", reference, "--all-fields", "--wait", "20"];
    const args = ["open", "--offline", "--json", "--data-dir", this.data, "--passphrase-fd", "3", ...what];
    return JSON.parse(await nightsafe(args, `${PASSPHRASE}\n`)) as readonly Opened[];
  }

  async dispose(): Promise<void> {
    this.resume(); // a stopped process takes no SIGTERM
    await Promise.all([ended(this.#shop, "SIGTERM"), ended(this.#servers, "SIGTERM"), ...this.#lines.map((line) => line.close())]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #make(shape: Shape | undefined): Promise<void> {
    const behind = shape === undefined ? [] : (["fields", "ingest"] as const).map((name, n) => ({ name, port: this.#base + 7 + n }));
    await nightsafe(
      [
        ...["init", "--site", NAME, "--data-dir", this.data, "--site-keys", join(this.#folder, "keys"), "--recovery-file", join(this.#folder, "recovery.key")],
        ...ORIGINS.flatMap((name) => [`--${name}-origin`, this.at[name]]),
        ...behind.flatMap(({ name, port }) => [`--${name}-bind`, `127.0.0.1:${port}`]),
        ...["--passphrase-fd", "3", "--site-passphrase-fd", "3"],
      ],
      `${PASSPHRASE}\n`.repeat(4),
    );
    await nightsafe(["site", "build", "--data-dir", this.data, "--assets", join(TARGET, "assets")]);
    if (shape !== undefined) {
      for (const { name, port } of behind) this.#lines.push(await Line.open(Number(new URL(this.at[name]).port), port, shape));
    }
    await this.up();
    this.#shop = await started("node", [join(WEB, "dist/demo/shop.js"), this.#shopConfig()]);
  }

  /** What the shop is told, all of it public; gives the file. */
  #shopConfig(): string {
    const read = (name: string): string => readFileSync(join(this.data, "site", name), "utf8");
    const { fields } = JSON.parse(read("release.json")) as {
      fields: { element: { file: string; integrity: string }; integrity_keys: readonly string[] };
    };
    const { file, integrity } = fields.element;
    const config: ShopConfig = {
      port: this.#base + 1,
      site: NAME,
      receiptKey: /^receipt-key (.+)$/m.exec(read("fields/key-manifest"))?.[1] ?? "",
      fields: this.at.fields,
      element: { src: `${this.at.fields}/${file}`, integrity: [integrity, ...fields.integrity_keys].join(" ") },
      pages: resolve(WEB, "../www/shop"),
      orders: this.orders,
    };
    const path = join(this.#folder, "shop.json");
    writeFileSync(path, JSON.stringify(config));
    return path;
  }
}

/** A server that ends when this process does; given once it says that it is ready. */
export async function started(program: string, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(XTASK, ["guard", String(process.pid), program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk) => (log += String(chunk)));
  await new Promise<void>((done, fail) => {
    createInterface({ input: child.stdout }).on("line", (line) => line === "ready" && done());
    createInterface({ input: child.stderr }).on("line", (line) => isReady(line) && done());
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`${program} ended with ${code}:\n${log}`)));
  });
  return child;
}

/** What a server that is a program of its own says in its log. */
function isReady(line: string): boolean {
  return /"message":"ready"/.test(line);
}

export async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill(signal);
  await gone;
}
