// A site as it runs for shoppers: nightsafe-ingest with TLS, and the fields folder with its headers. Some of what browsers do,
// they do over TLS alone.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TARGET, nightsafe } from "./site.ts";

const PASSPHRASE = "seven lanterns over a quiet harbour";

interface Report {
  readonly type: string;
  readonly page: string;
  readonly rule: string;
  readonly source: string;
  readonly hash: string;
  readonly count: number;
}

export class SecureSite {
  private constructor(
    private readonly folder: string,
    private readonly ports: number,
    private readonly ingest: ChildProcess,
  ) {}

  static async start(ports: number): Promise<SecureSite> {
    const folder = mkdtempSync(join(tmpdir(), "nightsafe-tls-"));
    const path = (name: string): string => join(folder, name);
    const origins = ["shop", "fields", "ingest", "admin", "vault"].flatMap((part, number) => [`--${part}-origin`, origin(ports + number)]);
    await nightsafe(
      [
        ...["init", "--data-dir", path("data"), "--site", "tls.nightsafe.example", ...origins, "--site-keys", path("site-keys")],
        ...["--recovery-file", path("recovery.key"), "--suite", "x25519", "--site-passphrase-fd", "3", "--passphrase-fd", "3"],
      ],
      `${PASSPHRASE}\n`.repeat(4),
    );
    await nightsafe(["site", "build", "--data-dir", path("data"), "--assets", join(TARGET, "assets")]);
    mkdirSync(path("tls"), { mode: 0o700 });
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost", "-keyout", path("tls/key.pem"), "-out", path("tls/certificate.pem")], { stdio: "pipe" });
    const tls = `tls.certificate = "${path("tls/certificate.pem")}"\ntls.key = "${path("tls/key.pem")}"`;
    const listen = (number: number, prefix = ""): string =>
      `${prefix}address = "127.0.0.1:${ports + number}"\n` + tls.replaceAll(/^/gm, prefix);
    writeFileSync(path("ingest.toml"), `
      [site]
      anchor = "${path("data/anchor.txt")}"
      fields_origin = "${origin(ports + 1)}"
      admin_origin = "${origin(ports + 3)}"
      fields_folder = "${path("data/site/fields")}"
      manifests = "${path("data/manifests")}"
      receipt_key = "${path("data/keys/receipt.key")}"
      timestamp_key = "${path("data/keys/timestamp.key")}"
      [outbox]
      database = "sqlite:${path("data/outbox.db")}"
      [listen]
      ${listen(2)}
      [fields]
      headers = "${path("data/site/fields-headers.json")}"
      ${listen(1, "listen.")}
      [metrics]
      address = "127.0.0.1:${ports + 5}"
    `);
    const ingest = spawn(join(TARGET, "debug/nightsafe-ingest"), ["--config", path("ingest.toml")], { stdio: ["ignore", "ignore", "pipe"] });
    let log = "";
    await new Promise<void>((done, fail) => {
      ingest.stderr.on("data", (chunk) => {
        log += String(chunk);
        if (log.includes('"ready"')) done();
      });
      ingest.once("exit", (code) => fail(new Error(`nightsafe-ingest ended with ${code}:\n${log}`)));
    });
    return new SecureSite(folder, ports, ingest);
  }

  get fields(): string {
    return origin(this.ports + 1);
  }

  /** What browsers reported. */
  async reports(): Promise<readonly Report[]> {
    const answer = await fetch(`http://127.0.0.1:${this.ports + 5}/reports`);
    return ((await answer.json()) as { samples: Report[] }).samples;
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.ingest.once("close", done));
    this.ingest.removeAllListeners("exit");
    this.ingest.kill("SIGTERM");
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A file of the data directory. */
  path(...parts: string[]): string {
    return join(this.folder, "data", ...parts);
  }
}

function origin(port: number): string {
  return `https://localhost:${port}`;
}
