import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, ownConfig, parseConfig } from "../../../src/admin/config.ts";

const INTEGRITY = `sha384-${"A".repeat(64)}`;
const VAULT = "https://vault.shop.example";
const PASSPHRASE = `passphrase-1.wasm ${INTEGRITY}`;
const KEYS = ` ed25519-${"A".repeat(43)}= ed25519-${"b".repeat(42)}/=`;

const anchor = (wasm: string) => `nightsafe/v1/trust-anchor
site shop.example
site-key k1+00000000+AAAA
site-key k2+00000000+AAAA
threshold 2
sequence-floor 1
ingest https://in.shop.example
wasm ${wasm}
`;

test("reads site, module and integrity, and keeps the anchor as it is", () => {
  const text = anchor(`admin-0123456789abcdef.wasm ${INTEGRITY}`);
  assert.deepEqual(parseConfig(text, VAULT, "shop.example/log+00000000+AAAA", PASSPHRASE, KEYS), {
    anchor: text,
    site: "shop.example",
    vault: VAULT,
    ingest: "https://in.shop.example",
    logKey: "shop.example/log+00000000+AAAA",
    wasmFile: "admin-0123456789abcdef.wasm",
    wasmIntegrity: INTEGRITY + KEYS,
    passphrase: { file: "passphrase-1.wasm", integrity: INTEGRITY + KEYS },
  });
});

test("an integrity that a browser would ignore is refused", () => {
  for (const bad of ["", "sha384:AAAA", "md5-AAAA", `sha256-${"A".repeat(43)}=`, `${INTEGRITY} x`, "sha384-"]) {
    assert.throws(() => parseConfig(anchor(`admin.wasm ${bad}`), VAULT, "", PASSPHRASE, KEYS), ConfigError, bad);
  }
});

test("keys that a browser would ignore are refused", () => {
  const text = anchor(`admin.wasm ${INTEGRITY}`);
  assert.equal(parseConfig(text, VAULT, "", PASSPHRASE, "").wasmIntegrity, INTEGRITY);
  for (const bad of [" ", "x", KEYS.trim(), `${KEYS} `, KEYS + KEYS, KEYS.replaceAll("=", ""), KEYS.replace("ed25519", "ed448"), KEYS.replace("/", "_")]) {
    assert.throws(() => parseConfig(text, VAULT, "", PASSPHRASE, bad), ConfigError, bad);
  }
});

test("a module is a file beside the page", () => {
  for (const bad of ["../admin.wasm", "https://evil.example/admin.wasm", "//evil.example/a.wasm", ".wasm", "admin.js"]) {
    assert.throws(() => parseConfig(anchor(`${bad} ${INTEGRITY}`), VAULT, "", PASSPHRASE, KEYS), ConfigError, bad);
  }
});

test("so is the module that judges passphrases", () => {
  const text = anchor(`admin.wasm ${INTEGRITY}`);
  for (const bad of ["", "passphrase.wasm", `../passphrase.wasm ${INTEGRITY}`, `passphrase.wasm ${INTEGRITY} x`]) {
    assert.throws(() => parseConfig(text, VAULT, "", bad, KEYS), ConfigError, bad);
  }
});

test("the vault is an https origin, or localhost", () => {
  const text = anchor(`admin.wasm ${INTEGRITY}`);
  assert.equal(parseConfig(text, "http://localhost:4805", "", PASSPHRASE, KEYS).vault, "http://localhost:4805");
  for (const bad of ["http://vault.example", "https://vault.example/", "https://vault.example/v1", "vault", ""]) {
    assert.throws(() => parseConfig(text, bad, "", PASSPHRASE, KEYS), ConfigError, bad);
  }
});

test("ingest is asked only where the anchor says that it is", () => {
  const text = anchor(`admin.wasm ${INTEGRITY}`);
  for (const bad of ["http://in.shop.example", "https://in.shop.example/", "in.shop.example"]) {
    assert.throws(() => parseConfig(text.replace("https://in.shop.example", bad), VAULT, "", PASSPHRASE, KEYS), ConfigError, bad);
  }
});

test("a line that is missing or doubled is refused", () => {
  const text = anchor(`admin.wasm ${INTEGRITY}`);
  assert.throws(() => parseConfig(text.replace("site shop.example\n", ""), VAULT, "", PASSPHRASE, KEYS), ConfigError);
  assert.throws(() => parseConfig(`${text}site other.example\n`, VAULT, "", PASSPHRASE, KEYS), ConfigError);
});

test("a script that was not filled in does not start", () => {
  assert.throws(() => ownConfig(), ConfigError);
});
