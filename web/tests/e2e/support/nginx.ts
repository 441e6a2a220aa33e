// nginx as deploy/nginx-static.conf and the files beside the release have it, with the demo's fields origin and admin site. The
// browser is told that it is where those are; nothing else of the demo changes.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { Demo } from "./demo.ts";
import type { Place } from "./published.ts";

const SAMPLE = resolve(import.meta.dirname, "../../../../deploy/nginx-static.conf");
/** Where the sample says that the site is. */
const SITE = "/srv/nightsafe/site";
const PLACES: readonly Place[] = ["fields", "admin"];

export class Nginx {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** `ports`: of fields origin and admin site. */
  static async start(demo: Demo, ports: Readonly<Record<Place, number>>): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), "nightsafe-nginx-"));
    writeFileSync(join(folder, "site.conf"), site(demo, ports, folder));
    const user = process.getuid?.() === 0 ? "user root;" : ""; // whose folders these are
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
    // What an operator may have for other sites has no say here
    writeFileSync(join(folder, "nginx.conf"), `
      ${user} daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
      events { worker_connections 64; }
      http {
        ${temporary.join(" ")}
        types { text/other js wasm html; } add_header X-Frame-Options SAMEORIGIN; gzip on; gzip_types *;
        include ${folder}/site.conf;
      }
    `);
    const child = spawn(program(), ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], { stdio: "ignore" });
    const nginx = new Nginx(child, folder);
    for (const place of PLACES) await nginx.#listens(ports[place]);
    return nginx;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((done) => child.once("close", done));
      child.kill("SIGTERM");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #listens(port: number): Promise<void> {
    const isThere = (): Promise<boolean> =>
      new Promise((done) => {
        const socket = connect(port, "127.0.0.1", () => done(true)).on("error", () => done(false));
        socket.once("connect", () => socket.destroy());
      });
    while (!(await isThere())) {
      if (this.child.exitCode !== null) throw new Error(`nginx ended:\n${readFileSync(join(this.folder, "error.log"), "utf8")}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

/** The sample, without TLS, which the demo has not. */
function site(demo: Demo, ports: Readonly<Record<Place, number>>, folder: string): string {
  const lines = readFileSync(SAMPLE, "utf8").split("\n");
  const plain = lines.filter((line) => !/^ *(ssl_|listen \[::\])/.test(line)).join("\n");
  let text = plain.replaceAll(SITE, demo.path("site")).replaceAll("/var/log/nginx", folder);
  for (const place of PLACES) text = text.replace("listen 443 ssl;", `listen 127.0.0.1:${ports[place]};`);
  return text;
}

/** Debian's is where only root's PATH looks. */
function program(): string {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  const found = folders.map((folder) => join(folder, "nginx")).find((file) => existsSync(file));
  if (found === undefined) throw new Error("nginx is not installed");
  return found;
}
