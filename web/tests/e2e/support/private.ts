// The private items of an admin who is signed in, by other hands than those of the pages: unwrapped and opened as docs/spec says,
// with Node's primitives and another ML-KEM. For looking where they are left.

import { createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from "node:crypto";
import { MlKem768 } from "mlkem";
import { cbor } from "./cbor.ts";

/** What the vault gives when a session is resumed. */
export interface Resumed {
  readonly identity: { readonly half: string; readonly wrapped: string };
}

/** What the vault gives of the keys. */
export interface Custody {
  readonly keys: readonly Granted[];
  readonly audit_keys: readonly Granted[];
}

interface Granted {
  readonly grants: readonly string[];
}

export interface IdentityItems {
  readonly seed: Buffer;
  readonly x25519: Buffer;
  readonly ed25519: Buffer;
}

/** The three private items of the identity (docs/spec/identity.md), by the two halves of a session. */
export function identityItems({ identity }: Resumed, tab: string, site: string): IdentityItems {
  const wrapped = Buffer.from(identity.wrapped, "base64url");
  // [label, method, id, (nonce, ct) x 3]: ends are counted from the back, as all lengths are fixed
  const items: { readonly nonce: Buffer; readonly ct: Buffer }[] = [];
  let end = wrapped.length;
  for (const size of [48, 48, 80]) {
    items.unshift({ nonce: wrapped.subarray(end - size - 26, end - size - 2), ct: wrapped.subarray(end - size, end) });
    end -= size + 28;
  }
  const id = wrapped.subarray(end - 16, end);
  const secret = Buffer.concat([Buffer.from(tab, "base64url"), Buffer.from(identity.half, "hex")]);
  const kek = Buffer.from(hkdfSync("sha256", secret, "", cbor(["nightsafe/v1/identity-kek", "session", site, id]), 32));
  const item = (place: number, name: string): Buffer => {
    const { nonce, ct } = items[place] ?? { nonce: Buffer.alloc(24), ct: Buffer.alloc(48) };
    return xchacha(kek, nonce, cbor(["nightsafe/v1/wrapped-identity", site, "session", id, name]), ct);
  };
  return { seed: item(0, "mlkem-seed"), x25519: item(1, "x25519"), ed25519: item(2, "ed25519") };
}

/** Every private item of these keys, by the grants to an identity (docs/spec/custody.md). */
export async function grantedItems(keys: readonly Granted[], identity: IdentityItems, site: string): Promise<Buffer[]> {
  const grants = keys.flatMap((key) => key.grants);
  return Promise.all(grants.map((grant) => open(Buffer.from(grant, "base64url").subarray(0, -64), identity, site)));
}

async function open(body: Buffer, identity: IdentityItems, site: string): Promise<Buffer> {
  const [, , key, item, recipient, granter, , , sealed] = list(body);
  if (!(sealed instanceof Buffer) || typeof item !== "string" || !(key instanceof Buffer)) throw new Error("this is no grant");
  if (!(recipient instanceof Buffer) || !(granter instanceof Buffer)) throw new Error("this is no grant");
  const [enc, ct] = [sealed.subarray(0, 1120), sealed.subarray(1120)];
  const secret = await decapsulated(enc, identity);
  return opened(secret, Buffer.from(`nightsafe/v1/admin-grant\0${site}`), cbor([site, key, item, recipient, granter]), ct);
}

/** X-Wing, of which the two items are drawn apart (docs/spec/envelope.md). */
async function decapsulated(enc: Buffer, { seed, x25519 }: IdentityItems): Promise<Buffer> {
  const kem = new MlKem768();
  const [, decapsulation] = await kem.deriveKeyPair(seed);
  const shared = await kem.decap(enc.subarray(0, 1088), decapsulation);
  const [mine, theirs] = [createPrivateKey(der("302e020100300506032b656e04220420", x25519, "pkcs8")), enc.subarray(1088)];
  const other = diffieHellman({ privateKey: mine, publicKey: createPublicKey(der("302a300506032b656e032100", theirs, "spki")) });
  const point = createPublicKey(mine as never).export({ format: "der", type: "spki" }).subarray(-32);
  const hash = createHash("sha3-256").update(shared).update(other).update(theirs).update(point);
  return hash.update(Buffer.from("5c2e2f2f5e5c", "hex")).digest();
}

function der<T extends "pkcs8" | "spki">(prefix: string, raw: Buffer, type: T): { key: Buffer; format: "der"; type: T } {
  return { key: Buffer.concat([Buffer.from(prefix, "hex"), raw]), format: "der", type };
}

/** OpenBase of RFC 9180: HKDF-SHA256 and ChaCha20-Poly1305, the first message. */
function opened(secret: Buffer, info: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const suite = Buffer.concat([Buffer.from("HPKE-v1HPKE"), Buffer.from("647a00010003", "hex")]);
  const hmac = (key: Buffer, ...parts: readonly (Buffer | string)[]): Buffer =>
    parts.reduce((mac, part) => mac.update(part), createHmac("sha256", key)).digest();
  const extract = (salt: Buffer, label: string, input: Buffer): Buffer => hmac(salt, suite, label, input);
  const none = Buffer.alloc(0);
  const context = Buffer.concat([Buffer.alloc(1), extract(none, "psk_id_hash", none), extract(none, "info_hash", info)]);
  const last = extract(secret, "secret", none);
  const expand = (label: string, length: number): Buffer =>
    hmac(last, Buffer.from([0, length]), suite, label, context, Buffer.from([1])).subarray(0, length);
  return chacha(expand("key", 32), expand("base_nonce", 12), aad, sealed);
}

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): HChaCha20, then what Node has. */
function xchacha(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const words = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
  for (const bytes of [key, nonce.subarray(0, 16)]) {
    for (let at = 0; at < bytes.length; at += 4) words.push(bytes.readUInt32LE(at));
  }
  const state = Uint32Array.from(words);
  const at = (index: number): number => state[index] ?? 0;
  const turn = (a: number, b: number, c: number, d: number): void => {
    for (const [x, y, z, by] of [[a, b, d, 16], [c, d, b, 12], [a, b, d, 8], [c, d, b, 7]] as const) {
      state[x] = at(x) + at(y);
      const mixed = at(z) ^ at(x);
      state[z] = (mixed << by) | (mixed >>> (32 - by));
    }
  };
  for (let round = 0; round < 10; round += 1) {
    for (let column = 0; column < 4; column += 1) turn(column, column + 4, column + 8, column + 12);
    turn(0, 5, 10, 15);
    turn(1, 6, 11, 12);
    turn(2, 7, 8, 13);
    turn(3, 4, 9, 14);
  }
  const subkey = Buffer.alloc(32);
  [0, 1, 2, 3, 12, 13, 14, 15].forEach((word, place) => subkey.writeUInt32LE(at(word), place * 4));
  return chacha(subkey, Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]), aad, sealed);
}

function chacha(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  decipher.setAAD(aad, { plaintextLength: sealed.length - 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

/** The items of a CBOR array of numbers, texts and bytes. */
function list(bytes: Buffer): (number | string | Buffer)[] {
  const items: (number | string | Buffer)[] = [];
  let at = 1;
  while (at < bytes.length) {
    const [major, short] = [bytes.readUInt8(at) >> 5, bytes.readUInt8(at) & 31];
    const width = short < 24 ? 0 : 2 ** (short - 24);
    const value = width === 0 ? short : bytes.readUIntBE(at + 1, width);
    at += 1 + width;
    if (major === 0) {
      items.push(value);
      continue;
    }
    const content = bytes.subarray(at, at + value);
    items.push(major === 3 ? content.toString() : content);
    at += value;
  }
  return items;
}

/** How bytes may be written as text: hex, base64 of both alphabets wherever in a longer text they begin, a list of numbers. */
export function writtenAs(secret: Buffer): string[] {
  const hex = secret.toString("hex");
  const shifted = [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), secret]);
    // Characters that hold bits of the secret alone
    const [first, end] = [Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return (["base64", "base64url"] as const).map((alphabet) => bytes.toString(alphabet).slice(first, end));
  });
  return [...new Set([hex, hex.toUpperCase(), ...shifted, [...secret].join(",")])];
}
