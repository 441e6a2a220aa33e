// What the page asks of the browser's passkeys, and what it makes of the answer.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Config } from "../../../src/admin/config.ts";
import { PasskeyFailed, PasskeyRefused, PasskeyWithoutKey, sentence } from "../../../src/admin/failure.ts";
import { assertPasskey, hasPasskeys, makePasskey } from "../../../src/admin/passkey.ts";
import { signIn, signInByPasskey } from "../../../src/admin/sign-in.ts";
import type { Step } from "../../../src/admin/sign-in.ts";
import { tabMemory } from "../../../src/admin/tab.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { FakeAttempt, fakeEngine, fakeFetch, FakeOpener, FakeStorage, FakeTab } from "./fakes.ts";
import type { Answer } from "./fakes.ts";

const STARTED = { challenge: "BwcH", rp_id: "admin.example", user: "AQID", credentials: ["_-8A"], algorithms: [-8, -7], expires_in: 300 };
const ASKED = { challenge: "BwcH", rp_id: "admin.example", credentials: [], expires_in: 300 };
const bytes = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer;

class Assertion {
  readonly clientDataJSON = bytes(1);
  readonly authenticatorData = bytes(2);
  readonly signature = bytes(0xff, 0xef, 0);
}

class Attestation {
  readonly clientDataJSON = bytes(1);
  getAuthenticatorData(): ArrayBuffer {
    return bytes(2);
  }
}

class FakeCredential {
  readonly rawId = bytes(0xff, 0xef, 0);
  constructor(
    readonly response: object,
    private readonly extensions: object,
  ) {}
  getClientExtensionResults(): object {
    return this.extensions;
  }
}

interface Called {
  readonly publicKey: Record<string, unknown>;
}

/** A browser that answers in turn, and what it was asked. */
function browser(...answers: (FakeCredential | Error)[]): { created: Called[]; got: Called[] } {
  const asked = { created: [] as Called[], got: [] as Called[] };
  const answer = (to: Called[]) => async (options: Called) => {
    to.push(options);
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const credentials = { create: answer(asked.created), get: answer(asked.got) };
  const globals = { PublicKeyCredential: FakeCredential, AuthenticatorAssertionResponse: Assertion, AuthenticatorAttestationResponse: Attestation };
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, "navigator", { value: { credentials }, configurable: true });
  return asked;
}

afterEach(() => Reflect.deleteProperty(globalThis, "PublicKeyCredential"));

test("an answer is told in base64url, and the PRF's output apart from it", async () => {
  const output = bytes(9, 9);
  const asked = browser(new FakeCredential(new Assertion(), { prf: { results: { first: output } } }), new FakeCredential(new Assertion(), {}));
  const { answer, prf } = await assertPasskey(ASKED, "AAAA");
  assert.deepEqual(answer, { credential: "_-8A", client_data: "AQ", authenticator_data: "Ag", signature: "_-8A" });
  assert.deepEqual(prf, new Uint8Array(output));
  const { prf: none } = await assertPasskey(ASKED);
  assert.equal(none, undefined);
  const [first, second] = asked.got.map(({ publicKey }) => publicKey);
  assert.deepEqual(first?.["extensions"], { prf: { eval: { first: new Uint8Array(3) } } });
  assert.equal(second?.["extensions"], undefined, "a second factor is asked for no output");
  assert.deepEqual([first?.["userVerification"], first?.["rpId"], first?.["timeout"]], ["required", "admin.example", 300_000]);
});

test("an authenticator that gives its output only when asked is asked once more, with another challenge", async () => {
  const made = new FakeCredential(new Attestation(), { prf: { enabled: true } });
  const later = new FakeCredential(new Assertion(), { prf: { results: { first: bytes(5) } } });
  const asked = browser(made, later);
  const { prf, ...rest } = await makePasskey(STARTED, "anna", "shop.example", "AAAA");
  assert.deepEqual(rest, { credential: "_-8A", client_data: "AQ", authenticator_data: "Ag" });
  assert.deepEqual(prf, Uint8Array.of(5));
  const [create] = asked.created.map(({ publicKey }) => publicKey);
  assert.deepEqual(create?.["excludeCredentials"], [{ type: "public-key", id: Uint8Array.of(0xff, 0xef, 0) }]);
  assert.equal(create?.["attestation"], "none");
  const [get] = asked.got.map(({ publicKey }) => publicKey);
  assert.deepEqual(get?.["allowCredentials"], [{ type: "public-key", id: Uint8Array.of(0xff, 0xef, 0) }]);
  assert.notDeepEqual(get?.["challenge"], create?.["challenge"]);
});

test("without a PRF, or when the second time is refused, the passkey is one that does not unlock", async () => {
  const plain = browser(new FakeCredential(new Attestation(), {}));
  assert.equal((await makePasskey(STARTED, "anna", "shop.example", "AAAA")).prf, undefined);
  assert.equal(plain.got.length, 0);
  browser(new FakeCredential(new Attestation(), { prf: { enabled: true } }), new DOMException("", "NotAllowedError"));
  assert.equal((await makePasskey(STARTED, "anna", "shop.example", "AAAA")).prf, undefined);
});

test("what the browser blurs is said with what to do", async () => {
  for (const [name, said] of [
    ["NotAllowedError", /No passkey answered/],
    ["AbortError", /No passkey answered/],
    ["InvalidStateError", /has a passkey of yours already/],
    ["ConstraintError", /cannot make a passkey/],
    ["SecurityError", /do not work at this address/],
  ] as const) {
    browser(new DOMException("", name));
    const failed: unknown = await makePasskey(STARTED, "anna", "shop.example", "AAAA").catch((error: unknown) => error);
    assert.ok(failed instanceof PasskeyFailed);
    assert.match(sentence(failed), said);
  }
});

test("they need a host name, and a browser that has them", () => {
  browser();
  assert.deepEqual(["localhost", "admin.shop.example", "127.0.0.1", "[::1]"].map((host) => hasPasskeys(host)), [true, true, false, false]);
  Reflect.deleteProperty(globalThis, "PublicKeyCredential");
  assert.equal(hasPasskeys("localhost"), false);
});

const LIMITS = { expires_in: 900, lock_after: 600 };
const MATERIAL = [{ text: '{"identity":{}}' }, { text: '{"entries":[]}' }, { text: '{"keys":[]}' }, { text: '{"notes":[]}' }, { status: 204 }];
const REFUSED = { status: 401, body: { type: "https://nightsafe.dev/problems/sign-in-failed" } };

function signingIn(...answers: readonly Answer[]) {
  const { fetcher, asked } = fakeFetch(...answers);
  const own = new FakeTab();
  const attempt = new FakeAttempt(() => "KE3", () => new FakeOpener());
  const vault = new Vault("https://vault.example", fetcher);
  const engine = Promise.resolve(fakeEngine(attempt, undefined, own));
  const memory = { read: () => "", write: () => undefined };
  const storage = new FakeStorage();
  const config = { anchor: "ANCHOR", logKey: "LOG-KEY" } as Config;
  const parts = { engine, vault, config, memory, tab: tabMemory(() => storage), timestamp: async () => undefined, now: () => 1 };
  const steps: Step[] = [];
  const [step, paint] = [(one: Step) => void steps.push(one), async () => undefined];
  const paths = () => asked.map(({ url }) => new URL(url).pathname);
  return {
    own,
    asked,
    steps,
    paths,
    alone: () => signInByPasskey(parts, step, paint),
    both: () => signIn({ user: "anna", passphrase: "right" }, parts, step, paint),
  };
}

test("signing in alone: the output unlocks, is sent nowhere, and is wiped", async () => {
  const output = bytes(9, 8);
  browser(new FakeCredential(new Assertion(), { prf: { results: { first: output } } }));
  const finished = { body: { ...LIMITS, user: "anna", wrapped: "AQID" } };
  const { own, asked, steps, paths, alone } = signingIn({ body: ASKED }, finished, ...MATERIAL);
  const session = await alone();
  assert.deepEqual(session.as, { ...LIMITS, user: "anna" });
  assert.deepEqual(paths().slice(0, 2), ["/v1/login/passkey/start", "/v1/login/passkey/finish"]);
  assert.ok(own.calls.includes("unlock 9,8") && own.calls.includes("AQID"));
  assert.deepEqual(new Uint8Array(output), new Uint8Array(2));
  assert.ok(!JSON.stringify(asked.map(({ init }) => init.body)).includes("CQg"));
  assert.deepEqual(steps, ["loading", "passkey", "asking", "asking", "unlocking"]);
});

test("a passkey that gives nothing to unlock with ends the session; one that the vault refuses begins none", async () => {
  browser(new FakeCredential(new Assertion(), {}), new FakeCredential(new Assertion(), {}));
  const without = signingIn({ body: ASKED }, { body: { ...LIMITS, user: "anna", wrapped: "AQID" } }, ...MATERIAL.slice(0, 4), { status: 204 });
  await assert.rejects(without.alone, PasskeyWithoutKey);
  assert.equal(without.paths().at(-1), "/v1/logout");
  await assert.rejects(signingIn({ body: ASKED }, REFUSED).alone, PasskeyRefused);
});

test("after the passphrase the passkey is asked for, and the passphrase unlocks", async () => {
  const asked = { ...ASKED, credentials: ["_-8A"] };
  const got = browser(new FakeCredential(new Assertion(), {}), new FakeCredential(new Assertion(), {}));
  const started = { body: { login: "AA", message: "KE2" } };
  const { steps, paths, both } = signingIn(started, { status: 202, body: { passkey: asked } }, { body: LIMITS }, ...MATERIAL);
  assert.equal((await both()).user, "anna");
  assert.deepEqual(paths().slice(0, 3), ["/v1/login/start", "/v1/login/finish", "/v1/login/passkey"]);
  assert.deepEqual(steps, ["loading", "asking", "checking", "passkey", "asking", "asking", "unlocking"]);
  assert.equal(got.got[0]?.publicKey["extensions"], undefined);
  await assert.rejects(signingIn(started, { status: 202, body: { passkey: asked } }, REFUSED).both, PasskeyRefused);
});
