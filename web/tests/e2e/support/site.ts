// The operator of the demo's site: runs the real `nightsafe` command with the keys that the demo keeps offline.

import { spawn } from "node:child_process";
import { createHash, createPrivateKey, sign, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Demo } from "./demo.ts";

export const TARGET = process.env["CARGO_TARGET_DIR"] ?? resolve(import.meta.dirname, "../../../../target");
export const NIGHTSAFE = join(TARGET, "debug/nightsafe");

/** Runs `nightsafe` with these lines on descriptor 3; gives what it prints. */
export function nightsafe(args: readonly string[], passphrases = ""): Promise<string> {
  const child = spawn(NIGHTSAFE, args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let out = "";
  let errors = "";
  child.stdout?.on("data", (chunk) => (out += String(chunk)));
  child.stderr?.on("data", (chunk) => (errors += String(chunk)));
  const descriptor = child.stdio[3] as NodeJS.WritableStream;
  descriptor.on("error", () => {}); // it ended before it read; its own message says why
  descriptor.end(passphrases);
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => (code === 0 ? done(out) : fail(new Error(`nightsafe ended with ${code}:\n${errors}`))));
  });
}

export class Site {
  readonly #offline: string;

  constructor(private readonly demo: Demo) {
    this.#offline = `${demo.at.data_dir}.offline`;
  }

  /** The published key manifest. */
  get manifest(): string {
    return this.demo.read("site", "fields", "key-manifest");
  }

  /** Makes the next data key; gives its id. */
  async nextKey(): Promise<string> {
    const args = ["keys", "next", "--data-dir", this.demo.at.data_dir, "--passphrase-fd", "3"];
    return (await nightsafe(args, `${this.demo.at.admin_login.passphrase}\n`)).trim();
  }

  /** Signs and publishes the next manifest; gives its hash. */
  async sign(...more: readonly string[]): Promise<string> {
    const args = ["keys", "sign", "--data-dir", this.demo.at.data_dir, ...this.#siteKeys, ...more];
    return (await nightsafe(args, this.#passphrase)).trim();
  }

  /** The three steps with offline site keys; gives what a signer was shown. */
  async ceremony(): Promise<string> {
    const { at } = this.demo;
    const [file, data] = [join(at.data_dir, "next.proposal"), ["--data-dir", at.data_dir]];
    await nightsafe(["keys", "propose", ...data, "--out", file, "--passphrase-fd", "3"], `${at.admin_login.passphrase}\n`);
    const shown = await nightsafe(["keys", "sign", file, ...this.#siteKeys, "--yes"], this.#passphrase);
    await nightsafe(["keys", "publish", ...data, file]);
    return shown;
  }

  get #siteKeys(): readonly string[] {
    const keys = [1, 2].flatMap((n) => ["--site-key", join(this.#offline, `site-keys/site-key-${n}.key`)]);
    return [...keys, "--site-passphrase-fd", "3"];
  }

  get #passphrase(): string {
    return readFileSync(join(this.#offline, "site-passphrase"), "utf8");
  }

  /** Builds and signs the site from the same assets with a floor at the current manifest; gives the element script to pin. */
  async build(...more: readonly string[]): Promise<{ readonly file: string; readonly integrity: string }> {
    const assets = ["--assets", join(TARGET, "assets"), "--raise-floor"];
    const args = ["site", "build", "--data-dir", this.demo.at.data_dir, ...assets, ...this.#siteKeys, ...more];
    const printed = await nightsafe(args, this.#passphrase);
    const [, integrity = "", file = ""] = /^(sha384-\S+) +(element-\S+)$/m.exec(printed) ?? [];
    return { file, integrity };
  }

  /** A timestamp note as ingest signs them, with other lines: its key lies on the server. */
  timestamp(lines: { readonly manifest: string; readonly site?: string; readonly roster?: string; readonly until: Date }): string {
    const site = lines.site ?? "demo.nightsafe.example";
    const until = lines.until.toISOString().replace(/\.\d+Z$/, "Z");
    const roster = lines.roster === undefined ? "" : `roster ${lines.roster}\n`;
    const text = `nightsafe/v1/timestamp\nsite ${site}\nmanifest ${lines.manifest}\n${roster}until ${until}\n`;
    const { name, id, key } = onlineKey(this.demo.read("keys", "timestamp.key"));
    return `${text}\n— ${name} ${Buffer.concat([Buffer.from(id, "hex"), sign(null, Buffer.from(text), key)]).toString("base64")}\n`;
  }
}

/** Reads the file of an online key. */
export function onlineKey(file: string): { readonly name: string; readonly id: string; readonly key: KeyObject } {
  const [, name = "", id = "", key = ""] = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/m.exec(file) ?? [];
  const seed = Buffer.from(key, "base64").subarray(1);
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return { name, id, key: createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }) };
}

/** Hash of a manifest's signed text, as timestamps and deposits name it. */
export function hashOf(note: string): string {
  const end = note.lastIndexOf("\n\n—") + 1;
  return createHash("sha256").update(note.slice(0, end)).digest("hex");
}

/** The data keys that a manifest names, by start. */
export function dataKeys(note: string): { readonly id: string; readonly start: Date }[] {
  const lines = note.matchAll(/^data-key \S+ (\S+) ([0-9a-f]{32})[0-9a-f]{32}$/gm);
  return [...lines].map(([, start = "", id = ""]) => ({ id, start: new Date(start) }));
}

/** The key manifest of another owner's site, who gives it the same origins. */
export async function foreignManifest({ at }: Demo, site: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "nightsafe-foreign-"));
  try {
    const data = join(folder, "data");
    const origins = ["shop", "fields", "ingest", "admin"] as const;
    const args = ["init", "--site", site, "--data-dir", data, ...origins.flatMap((name) => [`--${name}-origin`, at[name]])];
    args.push("--vault-origin", "http://localhost:1", "--site-keys", join(folder, "keys"), "--recovery-file", join(folder, "recovery.key"));
    await nightsafe([...args, "--passphrase-fd", "3", "--site-passphrase-fd", "3"], "somebody else's words\n".repeat(4));
    const name = readdirSync(join(data, "manifests")).find((each) => each.endsWith(".note")) ?? "";
    return readFileSync(join(data, "manifests", name), "utf8");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
