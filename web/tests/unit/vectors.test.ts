// The shared vectors of envelope v1, opened by another implementation of HPKE, and made again from the specification.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { cbor } from "../e2e/support/cbor.ts";
import { bytes, suite } from "../interop/hpke.ts";
import type { SuiteName } from "../interop/hpke.ts";
import { repositoryFile } from "./repository.ts";

interface Vector {
  readonly comment: string;
  readonly suite: SuiteName;
  readonly skR: string;
  readonly pkR: string;
  readonly enc: string;
  readonly info: string;
  readonly aad: string;
  readonly pt: string;
  readonly ct: string;
  readonly value: string;
  readonly site: string;
  readonly manifest: string;
  readonly key_id: string;
  readonly kind: string;
  readonly tag: string;
  readonly bucket: number;
  readonly envelope: string;
  readonly envelope_hash: string;
}

const vectors = JSON.parse(repositoryFile("tests/vectors/envelope-v1.json")) as readonly Vector[];
const hex = (data: Uint8Array | ArrayBuffer): string => Buffer.from(data as Uint8Array).toString("hex");
const sha256 = (text: string): string => createHash("sha256").update(bytes(text)).digest("hex");

for (const name of ["xwing", "x25519"] as const) {
  test(`${name}: every envelope opens`, async () => {
    const { hpke } = suite(name);
    const all = vectors.filter((vector) => vector.suite === name);
    assert.ok(all.length >= 6);
    for (const { comment, skR, enc, info, aad, ct, pt } of all) {
      const recipientKey = await hpke.kem.deserializePrivateKey(bytes(skR).buffer);
      const sealed = { recipientKey, enc: bytes(enc).buffer, info: bytes(info).buffer };
      const opened = await hpke.open(sealed, bytes(ct).buffer, bytes(aad).buffer);
      assert.equal(hex(opened), pt, comment);
      const flipped = bytes(ct);
      flipped[0] = (flipped[0] ?? 0) ^ 1;
      await assert.rejects(hpke.open(sealed, flipped.buffer, bytes(aad).buffer), comment);
    }
  });
}

test("the padded plaintext is the value's", () => {
  for (const { comment, value, bucket, pt } of vectors) {
    const plain = hex(cbor(value));
    assert.ok(pt.startsWith(`${plain}80`), comment);
    assert.match(pt.slice(plain.length + 2), /^(00)*$/, comment);
    assert.equal(pt.length / 2, Math.ceil((plain.length / 2 + 1) / bucket) * bucket, comment);
  }
});

test("key id, info, associated data, layout and hash are the specified ones", () => {
  for (const vector of vectors) {
    const { comment, pkR, site, manifest, key_id, kind, tag, enc, ct } = vector;
    const kem = suite(vector.suite).kemId.toString(16).padStart(4, "0");
    const text = (label: string): string => `${hex(Buffer.from(label))}00`;
    assert.equal(key_id, sha256(text("nightsafe/v1/key-id") + kem + pkR).slice(0, 32), comment);
    assert.equal(vector.info, text("nightsafe/v1/envelope") + manifest, comment);
    assert.equal(vector.aad, hex(cbor([1, site, bytes(key_id), kind, bytes(tag), 0])), comment);
    assert.equal(vector.envelope, `01${kem}${key_id}00${enc}${ct}`, comment);
    assert.equal(vector.envelope_hash, sha256(vector.envelope), comment);
  }
});
