// Signed requests to a relay, by another implementation, written from docs/spec/relay.md and RFC 9421 alone: it makes
// every good signature of the shared vectors again, byte for byte, and refuses what must be refused.

import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { test } from "node:test";
import { repositoryFile } from "./repository.ts";

interface Case {
  readonly case: string;
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly fields: Readonly<Record<"content-digest" | "signature-input" | "signature", string>>;
}

interface Good extends Case {
  readonly created: number;
  readonly nonce: string;
  readonly signature_base: string;
}

const vectors = JSON.parse(repositoryFile("tests/vectors/relay-v1.json")) as {
  readonly seed: string;
  readonly key: string;
  readonly origin: string;
  readonly now: number;
  readonly good: readonly Good[];
  readonly refused: readonly Case[];
};

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex"); // RFC 8410, up to the 32 bytes
const privateKey = (seed: string): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed, "hex")]), format: "der", type: "pkcs8" });

const [, keyId = "", ...rest] = vectors.key.split("+");
const x = Buffer.from(rest.join("+"), "base64").subarray(1).toString("base64url");
const publicKey = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
const authority = new URL(vectors.origin).host;

const digestOf = (body: string): string => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;

const baseOf = (components: readonly (readonly [string, string])[], params: string): Buffer =>
  Buffer.from([...components, ["@signature-params", params] as const].map(([name, value]) => `"${name}": ${value}`).join("\n"));

const paramsOf = (created: number, nonce: string): string =>
  `("@method" "@authority" "@path" "content-digest");created=${String(created)};nonce="${nonce}";keyid="${keyId}"` +
  `;alg="ed25519";tag="nightsafe-relay"`;

const componentsOf = (request: Case): readonly (readonly [string, string])[] => [
  ["@method", request.method],
  ["@authority", authority],
  ["@path", request.target],
  ["content-digest", request.fields["content-digest"]],
];

/** What a relay that has just started an hour ago says to a request that it has not seen. */
function isTaken(request: Case): boolean {
  if (request.target.includes("?")) return false;
  const input = request.fields["signature-input"];
  const found = /;created=([1-9][0-9]*);nonce="([\w-]{22})";/.exec(input);
  if (found === null) return false;
  const created = Number(found[1]);
  const params = paramsOf(created, found[2] ?? "");
  if (input !== `nightsafe=${params}` || Math.abs(created - vectors.now) > 60) return false;
  const signature = /^nightsafe=:([\w+/]{86}==):$/.exec(request.fields.signature)?.[1];
  if (signature === undefined) return false;
  if (!verify(null, baseOf(componentsOf(request), params), publicKey, Buffer.from(signature, "base64"))) return false;
  return request.fields["content-digest"] === digestOf(request.body);
}

test("every good request is made again, byte for byte", () => {
  assert.ok(vectors.good.length >= 5);
  for (const vector of vectors.good) {
    assert.equal(vector.fields["content-digest"], digestOf(vector.body), vector.case);
    const params = paramsOf(vector.created, vector.nonce);
    assert.equal(vector.fields["signature-input"], `nightsafe=${params}`, vector.case);
    const base = baseOf(componentsOf(vector), params);
    assert.equal(base.toString(), vector.signature_base, vector.case);
    const signature = sign(null, base, privateKey(vectors.seed)).toString("base64");
    assert.equal(vector.fields.signature, `nightsafe=:${signature}:`, vector.case);
    assert.ok(isTaken(vector), vector.case);
  }
});

test("everything else is refused", () => {
  assert.ok(vectors.refused.length >= 18);
  for (const vector of vectors.refused) assert.ok(!isTaken(vector), vector.case);
});

test("this implementation makes the Ed25519 example of RFC 9421, appendix B.2.6", () => {
  const params =
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
  const base = baseOf(
    [
      ["date", "Tue, 20 Apr 2021 02:07:55 GMT"],
      ["@method", "POST"],
      ["@path", "/foo"],
      ["@authority", "example.com"],
      ["content-type", "application/json"],
      ["content-length", "18"],
    ],
    params,
  );
  const key = createPrivateKey(
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n",
  );
  assert.equal(
    sign(null, base, key).toString("base64"),
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
  );
});
