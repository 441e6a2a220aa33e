// The three: what each page is made of, and the check that what it sealed can be opened with the private key.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import sodium from "libsodium-wrappers";
import { AAD, ENC, INFO, xwingSuite } from "./hpke.ts";
import { EXPIRY } from "./numbers.ts";
import type { StaticServer } from "./server.ts";
import type { Site } from "./site.ts";

/** Something that was sealed, and the numbers in it. */
export interface Sample {
  readonly sealed: readonly string[];
  readonly numbers: readonly string[];
}

export interface Contestant {
  readonly name: "nightsafe" | "libsodium" | "js_xwing";
  /** For people. */
  readonly title: string;
  readonly url: string;
  /** Of all that the page loads from the static server, in bytes as sent. */
  readonly bytes: number;
  /** Opens everything; throws when something is not what was sealed. */
  readonly check: (samples: readonly Sample[]) => Promise<void>;
}

export async function contestants(server: StaticServer, site: Site, pages: string): Promise<readonly Contestant[]> {
  return [nightsafe(server, site, pages), await libsodium(server, pages), await jsXwing(server, pages)];
}

function nightsafe(server: StaticServer, site: Site, pages: string): Contestant {
  const { anchor, parent } = site;
  const [, wasm = ""] = /^wasm (\S+) /m.exec(anchor) ?? [];
  const page = pageOf(server, pages, "nightsafe", JSON.stringify({ anchor, parent }));
  const [, key = ""] = /^data-key \S+ \S+ ([0-9a-f]{32})/m.exec(site.published("key-manifest").toString()) ?? [];
  const files = [wasm, "key-manifest", `data-key-${key}`].map((name) => server.put(`/nightsafe/${name}`, site.published(name)));
  return {
    name: "nightsafe",
    title: "Nightsafe (X-Wing)",
    url: page.url,
    bytes: files.reduce((sum, bytes) => sum + bytes, page.bytes),
    check: async (samples) => {
      const deposits = samples.flatMap(({ sealed }) => sealed);
      await site.store(deposits);
      const opened = await site.open("bench", deposits.length);
      for (const { sealed, numbers } of samples) {
        const { id } = JSON.parse(sealed[0] ?? "") as { id: string };
        const deposit = opened.find(({ deposit_id }) => deposit_id === id);
        const values = deposit?.fields.toSorted((a, b) => a.index - b.index).map(({ value }) => value);
        same(deposit?.differences, []);
        const [month, year] = EXPIRY.split("/");
        same(values, numbers.map((number) => ({ expiry: `20${year}-${month}`, number })));
      }
    },
  };
}

async function libsodium(server: StaticServer, pages: string): Promise<Contestant> {
  await sodium.ready;
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  return {
    name: "libsodium",
    title: "libsodium-wrappers crypto_box_seal (X25519)",
    ...pageOf(server, pages, "libsodium", Buffer.from(publicKey).toString("base64")),
    check: async (samples) => {
      for (const { sealed, numbers } of samples) {
        const open = (text: string): Uint8Array =>
          sodium.crypto_box_seal_open(Buffer.from(text, "base64"), publicKey, privateKey);
        same(sealed.map((text) => Buffer.from(open(text)).toString()), numbers);
      }
    },
  };
}

async function jsXwing(server: StaticServer, pages: string): Promise<Contestant> {
  const suite = xwingSuite();
  const { publicKey, privateKey: recipientKey } = await suite.kem.generateKeyPair();
  const encoded = Buffer.from(await suite.kem.serializePublicKey(publicKey)).toString("base64");
  const open = async (text: string): Promise<string> => {
    const bytes = new Uint8Array(Buffer.from(text, "base64"));
    const recipient = await suite.createRecipientContext({ recipientKey, enc: bytes.slice(0, ENC).buffer, info: INFO });
    return Buffer.from(await recipient.open(bytes.slice(ENC).buffer, AAD)).toString();
  };
  return {
    name: "js_xwing",
    title: "@hpke/core with hybridkem-x-wing (X-Wing)",
    ...pageOf(server, pages, "xwing", encoded),
    check: async (samples) => {
      for (const { sealed, numbers } of samples) {
        const opened = [];
        for (const text of sealed) opened.push(await open(text));
        same(opened, numbers);
      }
    },
  };
}

/** One document, one script, and the material that only the bench knows. */
function pageOf(server: StaticServer, pages: string, name: string, material: string): { url: string; bytes: number } {
  const attribute = material.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  // Signatures of files are of the paths that a site serves them at: here nobody signs, and no key is wanted
  const text = readFileSync(join(pages, `${name}.js`), "utf8").replaceAll("__NIGHTSAFE_SRI__", "");
  const script = server.put(`/${name}/page.js`, text);
  const document = server.put(
    `/${name}/`,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,">` +
      `<meta name="material" content="${attribute}"><script type="module" src="page.js"></script></html>`,
  );
  return { url: `${server.origin}/${name}/`, bytes: script + document };
}

function same(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error("what was opened is not what was sealed");
}
