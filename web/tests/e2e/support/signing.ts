// Signed files as a server sends them: the headers of signature-based Subresource Integrity, good ones and forged ones.

import { createHash, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { Demo } from "./demo.ts";
import type { Tampering } from "./published.ts";
import { onlineKey } from "./site.ts";

/** The three headers of a file, or none. */
export type Signed = Readonly<Record<"Unencoded-Digest" | "Signature-Input" | "Signature", string>>;

/** From now on the fields origin sends these headers with a file, or none of the three. */
export function send(tampering: Tampering, demo: Demo, path: string, signed: Signed | undefined): void {
  tampering.text(demo.path("site", "fields-headers.json"), (text) => {
    const all = JSON.parse(text) as Record<string, Record<string, string>>;
    const own = Object.entries(all[path] ?? {}).filter(([name]) => !/^(Signature|Unencoded-Digest)/.test(name));
    return JSON.stringify({ ...all, [path]: { ...Object.fromEntries(own), ...signed } });
  });
}

/** Whoever has a key, the site's or another. */
export class Signer {
  private constructor(private readonly key: KeyObject) {}

  /** With `integrity` or `integrity-next` of the demo's keys. */
  static of(demo: Demo, name: string): Signer {
    return new Signer(onlineKey(demo.read("keys", `${name}.key`)).key);
  }

  /** With a key that nobody lists. */
  static stranger(): Signer {
    return new Signer(generateKeyPairSync("ed25519").privateKey);
  }

  /** As `keyid` and in pins. */
  get id(): string {
    return createPublicKey(this.key).export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
  }

  /** Signs bytes, for one path or for any. */
  sign(bytes: Buffer, path: string | undefined): Signed {
    const digest = digestOf(bytes);
    const [name, line] = path === undefined ? ["", ""] : [' "@path";req', `"@path";req: ${path}\n`];
    const params = `("unencoded-digest";sf${name});keyid="${this.id}";tag="ed25519-integrity"`;
    const base = `"unencoded-digest";sf: ${digest}\n${line}"@signature-params": ${params}`;
    const signature = sign(null, Buffer.from(base), this.key).toString("base64");
    return { "Unencoded-Digest": digest, "Signature-Input": `s1=${params}`, Signature: `s1=:${signature}:` };
  }
}

/** The value of `Unencoded-Digest`. */
export function digestOf(bytes: Buffer): string {
  return `sha-512=:${createHash("sha512").update(bytes).digest("base64")}:`;
}

/** As an `integrity` attribute has it. */
export function hashOf(bytes: Buffer): string {
  return `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
}
