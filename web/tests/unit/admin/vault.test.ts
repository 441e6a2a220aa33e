import assert from "node:assert/strict";
import { test } from "node:test";
import { isSignedOut, isTemporary, Refused, sentence, Unreachable } from "../../../src/admin/failure.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { fakeFetch } from "./fakes.ts";
import type { Answer, Asked } from "./fakes.ts";

const ORIGIN = "https://vault.example";
const LOGIN = { body: { expires_in: 900, lock_after: 600 } };
const PROBLEM = "https://nightsafe.dev/problems/";

function vault(...answers: readonly Answer[]) {
  const { fetcher, asked } = fakeFetch(...answers);
  return { vault: new Vault(ORIGIN, fetcher), asked };
}

async function failure(status: number, slug: string): Promise<unknown> {
  const made = vault({ status, body: { type: PROBLEM + slug, title: "A title", status } });
  return made.vault.search({}).catch((error: unknown) => error);
}

const ROW = {
  deposit_id: "a".repeat(64),
  site: "shop.example",
  reference: "A-1",
  manifest: "b".repeat(64),
  key_id: "c".repeat(32),
  facets: { last4: "4242" },
  day: "2026-11-21",
  locator: "AAAA",
  openings: [{ kind: "card", index: 0, purpose: "charge", at: "2026-11-21T10:00:00Z" }],
};

const proofs = (asked: readonly Asked[]) => asked.map(({ init }) => new Headers(init.headers).get("nightsafe-tab"));

test("the tab's proof goes with every request from sign-in on, with the cookie, and never into an address", async () => {
  const { vault: api, asked } = vault({ body: { login: "AA", message: "M" } }, LOGIN, { body: { deposits: [] } }, { text: '{"notes":[]}' });
  const step = await api.loginStart("anna", "KE1");
  assert.deepEqual(await api.loginFinish(step, "PROOF"), { expires_in: 900, lock_after: 600 });
  await api.search({ reference: "A-1" });
  await api.manifests();
  assert.deepEqual(proofs(asked), [null, "PROOF", "PROOF", "PROOF"]);
  assert.ok(asked.every(({ url }) => url.startsWith(`${ORIGIN}/v1/`) && !url.includes("A-1") && !url.includes("PROOF")));
  assert.ok(asked.every(({ init }) => init.cache === "no-store" && init.credentials === "include"));
});

test("a sign-in that the vault refuses leaves no proof behind, nor does a session that has ended", async () => {
  const refused = { status: 401, body: { type: `${PROBLEM}sign-in-required` } };
  const { vault: api, asked } = vault(refused, refused, { body: { deposits: [] } });
  await assert.rejects(api.loginFinish({ login: "AA", message: "BB" }, "PROOF"), Refused);
  await assert.rejects(api.resume("PROOF"), Refused);
  await api.search({});
  assert.deepEqual(proofs(asked), ["PROOF", "PROOF", null]);
});

test("a session goes on, and what unlocks it is handed on as it came", async () => {
  const text = '{"user":"anna","expires_in":900,"lock_after":60,"identity":{"half":"00","wrapped":"AA"}}';
  const { vault: api, asked } = vault({ text }, { status: 204 });
  assert.deepEqual(await api.resume("PROOF"), { user: "anna", expires_in: 900, lock_after: 60, source: text });
  await api.inUse();
  assert.deepEqual(proofs(asked), ["PROOF", "PROOF"]);
  api.leave();
  await api.logout();
  assert.equal(asked.length, 2, "the session itself goes on");
});

test("sessions are listed, and end one by one or all together", async () => {
  const one = { id: "0".repeat(32), started: "2026-11-21T10:00:00Z", last_used: "2026-11-21T10:05:00Z", own: true };
  const { vault: api, asked } = vault({ body: { sessions: [one] } }, { body: {} }, { body: {} }, { status: 204 });
  assert.deepEqual(await api.sessions(), [one]);
  await api.endSession(one.id);
  await api.endOtherSessions();
  await api.setLockAfter(300);
  const sent = asked.map(({ url, init }) => [url.slice(ORIGIN.length), init.body]);
  assert.deepEqual(sent.slice(1), [
    ["/v1/sessions/end", `{"id":"${one.id}"}`],
    ["/v1/sessions/end-others", "{}"],
    ["/v1/settings", '{"lock_after":300}'],
  ]);
});

test("sign-out forgets the proof even when the vault does not answer", async () => {
  const { vault: api, asked } = vault(LOGIN, "no answer", { body: { deposits: [] } });
  await api.loginFinish({ login: "AA", message: "BB" }, "PROOF");
  await assert.rejects(api.logout(), Unreachable);
  await api.search({});
  assert.equal(proofs(asked).at(-1), null);
  await api.logout();
  assert.equal(asked.length, 3);
});

test("a sign-out that is not recorded ends the session all the same", async () => {
  const { vault: api, asked } = vault(LOGIN, { status: 503 }, { status: 204 });
  await api.loginFinish({ login: "AA", message: "BB" }, "PROOF");
  await api.signOff('{"since":0,"entries":[]}');
  await api.signOff('{"since":0,"entries":[]}');
  assert.deepEqual(asked.map(({ url }) => new URL(url).pathname), ["/v1/login/finish", "/v1/log/record", "/v1/logout"]);
  assert.deepEqual(proofs(asked), ["PROOF", "PROOF", "PROOF"]);
});

test("rows are read, and kept for the WASM as they came", async () => {
  const { vault: api } = vault({ body: { deposits: [{ ...ROW, later: true }], next: "n" } });
  const { deposits, next } = await api.search({});
  assert.equal(next, "n");
  assert.equal(deposits[0]?.facets.get("last4"), "4242");
  assert.deepEqual(JSON.parse(deposits[0]?.source ?? ""), { ...ROW, later: true });
});

test("an answer of another shape is an error, not an undefined on screen", async () => {
  const rows = [{ ...ROW, deposit_id: "../x" }, { ...ROW, day: "today" }, { ...ROW, facets: { last4: 4242 } }];
  const bad: unknown[] = [null, [], {}, { deposits: {} }, ...rows.map((row) => ({ deposits: [row] }))];
  for (const body of bad) {
    const error = await vault({ body }).vault.search({}).catch((caught: unknown) => caught);
    assert.match(sentence(error), /does not understand/, JSON.stringify(body));
  }
  const { vault: api } = vault({ text: "<html>" });
  assert.match(sentence(await api.search({}).catch((caught: unknown) => caught)), /does not understand/);
});

test("no answer is told from a refusal", async () => {
  const error = await vault("no answer").vault.search({}).catch((caught: unknown) => caught);
  assert.ok(error instanceof Unreachable && isTemporary(error));
  assert.match(sentence(error), /does not answer.*stays as it is/);
});

test("an ended session is told from a wrong passphrase", async () => {
  assert.equal(isSignedOut(await failure(401, "sign-in-required")), true);
  assert.equal(isSignedOut(await failure(401, "sign-in-failed")), false);
  assert.match(sentence(await failure(401, "sign-in-failed")), /name or the passphrase/);
});

test("problems become sentences, also where the document is missing", async () => {
  assert.match(sentence(await failure(403, "opening-not-allowed")), /may not open.*Nothing was opened/);
  assert.match(sentence(await failure(502, "vault-not-recognised")), /does not have the vault’s key.*nothing was sent/);
  assert.match(sentence(await failure(502, "vault-unreachable")), /does not answer.*stays as it is/);
  assert.match(sentence(await failure(403, "foreign-origin")), /does not know this page’s address/);
  assert.match(sentence(await failure(422, "batch-too-large")), /Choose fewer/);
  assert.match(sentence(await failure(429, "rate-limited")), /Wait a minute/);
  assert.match(sentence(await failure(503, "storage-unavailable")), /problem of its own/);
  assert.match(sentence(await failure(422, "malformed-search")), /Check what you typed/);
  assert.match(sentence(await failure(422, "clock-differs")), /Set the clock/);
  assert.match(sentence(await failure(503, "log-unavailable")), /audit log/);
  assert.match(sentence(await failure(409, "no-log")), /says that it keeps none/);
  assert.match(sentence(await failure(415, "unsupported-media-type")), /refused this request: A title\.$/);
  const bare = await vault({ status: 400, text: "no" }).vault.search({}).catch((caught: unknown) => caught);
  assert.ok(bare instanceof Refused && bare.slug === "");
  assert.equal(sentence(bare), "The vault refused this request.");
  assert.match(sentence(new Error("anything")), /unexpected/);
});

test("only what may pass by itself offers to try again", async () => {
  assert.equal(isTemporary(await failure(503, "busy")), true);
  assert.equal(isTemporary(await failure(429, "rate-limited")), true);
  assert.equal(isTemporary(await failure(403, "opening-not-allowed")), false);
});
