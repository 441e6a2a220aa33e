// A small shop's office: the vault as a program of its own, over TLS with a certificate that nobody vouches for, and
// `nightsafe admin` on the machine of the person who works with it. Ingest goes on beside them.

import type { ChildProcess } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NAME, ended, started, type OwnSite } from "./own.ts";
import { NIGHTSAFE, TARGET, nightsafe } from "./site.ts";

export class Office {
  readonly #servers: ChildProcess[] = [];

  private constructor(private readonly site: OwnSite) {}

  /** Takes the place of the `nightsafe up` of a site that was started on these ten ports. */
  static async open(site: OwnSite, base: number): Promise<Office> {
    const office = new Office(site);
    try {
      await site.sign();
      await site.kill();
      await office.#start(base + 9);
    } catch (error) {
      await office.close();
      throw error;
    }
    return office;
  }

  /** Exchanges the vault's key for a new one; gives its pin, which `nightsafe admin` is not told. */
  async newKey(): Promise<string> {
    const [certificate, key] = [this.site.path("vault.crt"), this.site.path("vault.key")];
    const pin = await nightsafe(["vault", "certificate", "--certificate", `${certificate}.new`, "--key", `${key}.new`]);
    renameSync(`${key}.new`, key);
    renameSync(`${certificate}.new`, certificate);
    return pin.trim();
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => ended(server, "SIGTERM")));
  }

  async #start(port: number): Promise<void> {
    const { at, data } = this.site;
    const pin = await this.newKey();
    const keys = join(data, "keys");
    const site = `anchor = "${data}/anchor.txt"\nadmin_origin = "${at.admin}"\n`;
    const ingest = this.#write(
      "ingest.toml",
      `[site]\n${site}fields_origin = "${at.fields}"\nfields_folder = "${data}/site/fields"\nmanifests = "${data}/manifests"\n` +
        `receipt_key = "${keys}/receipt.key"\ntimestamp_key = "${keys}/timestamp.key"\nroster = "${data}/roster"\nroster_seen = "${data}/roster-seen"\n` +
        `[outbox]\ndatabase = "sqlite:${data}/outbox.db"\n[listen]\naddress = "127.0.0.1:${new URL(at.ingest).port}"\n`,
    );
    const vault = this.#write(
      "vault.toml",
      `[site]\n${site}name = "${NAME}"\nlogin_key = "${keys}/login.key"\nlog_key = "${keys}/log.key"\n[vault]\ndatabase = "sqlite:${data}/vault.db"\n` +
        `[source.direct]\ndatabase = "sqlite:${data}/outbox.db"\n[publish]\nroster = "${data}/roster"\n[listen]\naddress = "127.0.0.1:${port}"\n` +
        `tls.certificate = "${this.site.path("vault.crt")}"\ntls.key = "${this.site.path("vault.key")}"\n`,
    );
    const admin = this.#write(
      "admin.toml",
      `anchor = "data/anchor.txt"\nrelease = "data/site"\nstate = "seen.json"\n[vault]\norigin = "https://localhost:${port}"\npins = ["${pin}"]\n`,
    );
    for (const [program, config] of [
      ["nightsafe-vault", vault],
      ["nightsafe-ingest", ingest],
    ] as const) {
      this.#servers.push(await started(join(TARGET, "debug", program), ["--config", config]));
    }
    this.#servers.push(await started(NIGHTSAFE, ["admin", "--config", admin]));
  }

  #write(name: string, text: string): string {
    const file = this.site.path(name);
    writeFileSync(file, text);
    return file;
  }
}
