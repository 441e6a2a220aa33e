// What everybody can do who has the published manifest, so ingest and vault can too: seal a value, and put together
// deposits with an id of their own. Written from docs/spec alone, over another implementation of HPKE.

import { createHash, createPrivateKey, hkdfSync, randomBytes, sign } from "node:crypto";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { cbor } from "./cbor.ts";

/** A deposit as it is posted (docs/spec/deposit.md). */
export interface Wire {
  readonly id: string;
  readonly nonce: string;
  readonly site: string;
  readonly reference: string;
  readonly manifest: string;
  readonly key_id: string;
  readonly facets: Readonly<Record<string, string>>;
  readonly locator: string;
  readonly fields: readonly WireField[];
}

export interface WireField {
  readonly tag: string;
  readonly kind: string;
  readonly expires: string;
  readonly envelope: string;
}

type Value = string | Readonly<Record<string, string>>;

/** What an envelope is bound to besides its key. */
type Place = Pick<Wire, "site" | "manifest" | "key_id"> & { readonly kind: string; readonly tag: string };

const LOCATOR = { kind: "locator", tag: "00".repeat(32), bucket: 512 };
const XWING_KEM = 0x647a;

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const b64u = (text: string): Buffer => Buffer.from(text, "base64url");
const sha256 = (...parts: Buffer[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** The field of a kind. */
export function fieldOf(deposit: Wire, kind: string): WireField {
  const found = deposit.fields.find((field) => field.kind === kind);
  if (found === undefined) throw new Error(`the deposit has no ${kind}`);
  return found;
}

/** The deposit with another envelope in a field's place. */
export function withEnvelope(deposit: Wire, kind: string, envelope: string): Wire {
  return { ...deposit, fields: deposit.fields.map((field) => (field.kind === kind ? { ...field, envelope } : field)) };
}

/** The deposit with the id that its content has now. */
export function reissued(deposit: Wire): Wire {
  const { nonce, site, reference, manifest, key_id, facets, locator } = deposit;
  const fields = deposit.fields.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
  const listed = fields.map(({ tag, kind, expires, envelope }) => [hex(tag), kind, expires, b64u(envelope)]);
  const body = cbor(["nightsafe/v1/deposit", site, reference, hex(manifest), hex(key_id), facets, b64u(locator), listed]);
  return { ...deposit, fields, id: sha256(b64u(nonce), body).toString("hex") };
}

/** SHA-256 of an envelope. */
export function envelopeHash(envelope: string): Buffer {
  return sha256(b64u(envelope));
}

/** The receipt (docs/spec/receipt.md) for a deposit, signed with the text of ingest's key file. */
export function receiptFor({ id, reference, site }: Wire, keyFile: string): string {
  const [, keyId = "", encoded = ""] = /^PRIVATE\+KEY\+[^+]+\+([0-9a-f]{8})\+(\S+)/.exec(keyFile) ?? [];
  const seed = Buffer.from(encoded, "base64").subarray(1); // behind the byte for Ed25519
  const der = Buffer.concat([hex("302e020100300506032b657004220420"), seed]); // RFC 8410
  const part = (text: string): string => Buffer.from(text).toString("base64url");
  const header = `{"alg":"EdDSA","kid":"${keyId}","typ":"nightsafe-receipt"}`;
  const signed = `${part(header)}.${part(`{"deposit":"${id}","reference":"${reference}","site":"${site}"}`)}`;
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}

export class Forger {
  readonly #suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });

  /** `manifest` and the files of data keys are what the fields origin publishes. */
  constructor(
    private readonly manifest: string,
    private readonly file: (name: string) => Buffer,
  ) {}

  /** Seals a value for a field's place, as the shopper's browser would have. */
  async seal(deposit: Wire, { kind, tag }: Pick<WireField, "kind" | "tag">, value: Value): Promise<string> {
    return this.#seal({ ...deposit, kind, tag }, cbor(value), this.#bucket(kind));
  }

  /**
   * A whole deposit around these values, with a locator of its own. `like` gives everything else; `misplaced` names
   * kinds that are sealed for another place than their own, which the locator nevertheless lists.
   */
  async deposit(like: Wire, values: Readonly<Record<string, Value>>, misplaced: readonly string[] = []): Promise<Wire> {
    const secret = randomBytes(32);
    const kinds = Object.keys(values).sort();
    const fields: WireField[] = [];
    for (const kind of kinds) {
      const tag = tagOf(secret, kind);
      const sealedFor = { kind, tag: misplaced.includes(kind) ? tagOf(randomBytes(32), kind) : tag };
      fields.push({ ...fieldOf(like, kind), tag, envelope: await this.seal(like, sealedFor, values[kind] ?? "") });
    }
    const listed = fields.map(({ kind, envelope }) => [kind, 0, envelopeHash(envelope)]);
    const plain = cbor(["nightsafe/v1/locator", secret, like.site, like.reference, like.facets, listed]);
    const locator = await this.#seal({ ...like, ...LOCATOR }, plain, LOCATOR.bucket);
    return reissued({ ...like, nonce: randomBytes(32).toString("base64url"), locator, fields });
  }

  async #seal({ site, manifest, key_id, kind, tag }: Place, plain: Buffer, bucket: number): Promise<string> {
    const info = Buffer.concat([Buffer.from("nightsafe/v1/envelope\0"), hex(manifest)]);
    const aad = cbor([1, site, hex(key_id), kind, hex(tag), 0]);
    const padded = Buffer.alloc(Math.ceil((plain.length + 1) / bucket) * bucket);
    plain.copy(padded);
    padded[plain.length] = 0x80;
    const recipientPublicKey = await this.#suite.kem.deserializePublicKey(exactly(this.file(`data-key-${key_id}`)));
    const sender = await this.#suite.createSenderContext({ recipientPublicKey, info: exactly(info) });
    const sealed = await sender.seal(exactly(padded), exactly(aad));
    const head = Buffer.alloc(3);
    head.writeUInt8(1, 0);
    head.writeUInt16BE(XWING_KEM, 1);
    return Buffer.concat([head, hex(key_id), Buffer.alloc(1), Buffer.from(sender.enc), Buffer.from(sealed)]).toString("base64url");
  }

  #bucket(kind: string): number {
    const [, bucket] = new RegExp(`^kind ${kind.replaceAll(".", "\\.")}\nbucket (\\d+)$`, "m").exec(this.manifest) ?? [];
    if (bucket === undefined) throw new Error(`the manifest has no ${kind}`);
    return Number(bucket);
  }
}

function tagOf(secret: Buffer, kind: string): string {
  const info = Buffer.concat([Buffer.from(`nightsafe/v1/tag\0${kind}\0`), Buffer.alloc(4)]);
  return Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), info, 32)).toString("hex");
}

/** Node's buffers may be views of larger ones, which WebCrypto-like APIs must not see. */
function exactly(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
