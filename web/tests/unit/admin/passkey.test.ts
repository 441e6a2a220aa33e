// What the page asks of the browser's passkeys, and what it makes of the answer.

import { strict as assert } from "node:assert";
import { afterEach, test } from "node:test";
import { PasskeyFailed, sentence } from "../../../src/admin/failure.ts";
import { assertPasskey, hasPasskeys, makePasskey } from "../../../src/admin/passkey.ts";

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
