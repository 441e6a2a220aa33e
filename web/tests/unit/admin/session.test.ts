import assert from "node:assert/strict";
import { test } from "node:test";
import { LogNotTrusted, VaultNotTrusted } from "../../../src/admin/failure.ts";
import { Journal } from "../../../src/admin/journal.ts";
import { Session } from "../../../src/admin/session.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { coded, FakeAttempt, fakeEngine, fakeFetch, FakeOpener, row, sealed } from "./fakes.ts";
import type { Answer } from "./fakes.ts";
import { CUSTODY, GONE, GRANTED, LIMITS, NOW, PASSPHRASE, ROSTER, STARTED } from "./signing-in.ts";

const ID = "a".repeat(64);

function session(...answers: readonly Answer[]) {
  const { fetcher, asked } = fakeFetch(...answers);
  const opener = new FakeOpener();
  opener.answer = JSON.stringify({ deposits: [{ deposit_id: ID, fields: [], differences: [] }] });
  const engine = fakeEngine(new FakeAttempt(() => "KE3"));
  const kept: string[] = [];
  const memory = { read: () => "", write: (of: string, place: string) => void kept.push(`${of} ${place}`) };
  const vault = new Vault("https://vault.example", fetcher);
  const journal = new Journal(opener, vault, memory);
  const open = new Session({ ...LIMITS, user: "owner" }, vault, opener, engine, journal, memory, "confirmed", () => NOW);
  return { session: open, opener, asked, kept };
}

test("a new passphrase: the old one signs in once more, and neither is sent", async () => {
  const { session: open, opener, asked } = session(STARTED, { body: { message: "R2" } }, GONE);
  await open.changePassphrase(PASSPHRASE, "entirely other words", async () => undefined);
  assert.deepEqual(opener.calls, ["begin_passphrase", "finish_passphrase R2"]);
  assert.deepEqual(JSON.parse(String(asked.at(-1)?.init.body)), {
    login: "AA",
    message: "KE3",
    registration: "R3",
    wrapped: "WW",
  });
  assert.ok(!/correct|other/.test(JSON.stringify(asked)));
});

test("opening is one request, which the WASM makes", async () => {
  const { session: open, opener, asked } = session({ text: "ANSWER" });
  const [card, phone] = [sealed("card"), sealed("phone")] as const;
  await open.open(ID, "charge", [card], [card, phone]);
  assert.equal(asked.length, 1);
  const chosen = [{ deposit_id: ID, fields: [{ kind: "card", index: 0 }] }];
  assert.deepEqual(JSON.parse(String(asked[0]?.init.body)), { purpose: "charge", deposits: chosen });
  assert.deepEqual(opener.calls, [`request_open charge ${JSON.stringify(chosen)}`, "open_fields ANSWER"]);
});

test("what lies there has changed, or was not looked at yet: it is checked, and signed once more", async () => {
  const differs = { status: 409, body: { type: "https://nightsafe.dev/problems/log-entry-differs" } };
  const { session: open, asked } = session(differs, { text: "CHECKED" }, { text: "ANSWER" });
  await open.open(ID, "ship", [sealed("card")], [sealed("card")]);
  assert.equal(asked.length, 3);
  assert.deepEqual(JSON.parse(String(asked[1]?.init.body)), { deposits: [{ deposit_id: ID, open: [], check: ["card0"] }] });

  const young = session({ text: "CHECKED" }, { text: "ANSWER" });
  young.opener.unchecked = true;
  await young.session.open(ID, "ship", [sealed("card")], [sealed("card")]);
  assert.equal(young.asked.length, 2);

  const twice = session(differs, { text: "CHECKED" }, differs);
  await assert.rejects(twice.session.open(ID, "ship", [sealed("card")], [sealed("card")]), /409/);
});

test("a search is signed by the names of its terms, and counts once it is shown in the log", async () => {
  const found = { body: { deposits: [], log: { checkpoint: "C" } } };
  const { session: open, opener, asked, kept } = session(found, found, { body: { deposits: [] } });
  opener.logs = true;
  await open.search({ reference: "A-1", last4: "1111", limit: 25 });
  await open.search({ after: "x", limit: 25 });
  const sent = asked.map(({ init }) => JSON.parse(String(init.body)) as Record<string, unknown>);
  assert.deepEqual(Object.keys(sent[0] ?? {}), ["reference", "last4", "limit", "log"]);
  assert.deepEqual(opener.calls, [
    'sign [{"action":"search","criteria":["last4","reference"]}]',
    'logged {"checkpoint":"C"}',
    'sign [{"action":"list","limit":25}]',
    'logged {"checkpoint":"C"}',
  ]);
  assert.deepEqual(kept, ["log place 1", "log place 2"]);
  opener.refusal = "log_refused";
  await assert.rejects(open.search({}), LogNotTrusted);
  assert.equal(opener.calls.at(-1), "logged null");
});

test("checking opens nothing", async () => {
  const { session: open, asked } = session({ text: "ANSWER" });
  await open.check(ID, [sealed("card")]);
  assert.deepEqual(JSON.parse(String(asked[0]?.init.body)), {
    deposits: [{ deposit_id: ID, open: [], check: ["card0"] }],
  });
  assert.deepEqual(await open.check(ID, []), []);
  assert.equal(asked.length, 1);
});

test("an answer for another deposit is refused", async () => {
  const { session: open, opener } = session({ text: "ANSWER" });
  opener.answer = JSON.stringify({ deposits: [{ deposit_id: "d".repeat(64), fields: [], differences: [] }] });
  await assert.rejects(open.open(ID, "ship", [sealed("card")], []), /another deposit/);
});

test("the locator gets the row as it came", async () => {
  const { session: open, opener, asked } = session();
  await open.openLocator(row());
  assert.deepEqual(opener.calls, [`open_locator ${row().source}`]);
  assert.equal(asked.length, 0);
});

test("a manifest that is not known may be newer than the sign-in: they are fetched again", async () => {
  const { session: open, opener, asked } = session({ text: "MANIFESTS" });
  opener.differences = [{ code: "manifest_unpublished" }];
  assert.deepEqual((await open.openLocator(row())).differences, []);
  const located = `open_locator ${row().source}`;
  assert.deepEqual(opener.calls, [located, "renew_manifests MANIFESTS", located]);
  assert.match(asked[0]?.url ?? "", /\/v1\/manifests$/);
});

test("after a lock the keys are zeroised and nothing opens any more", async () => {
  const { session: open, opener, asked } = session(GONE);
  open.lock();
  assert.deepEqual(opener.calls, ["lock", "free"]);
  await assert.rejects(open.openLocator(row()), /locked/);
  open.forget(ID);
  open.lock();
  assert.deepEqual(opener.calls, ["lock", "free"]);
  assert.equal(asked.length, 0); // there was no session to end
});

const OWN = { identity: "aa", name: "owner", roles: ["admin"], words: "w", state: "active", since: "2026-11-21T10:00:00Z", own: true };
const OPEN = { name: "ben", roles: ["admin"], invited_by: "owner", expires: "2026-11-24T10:00:00Z" };

test("the people page starts from the roster as it is now, and grants what somebody lacks", async () => {
  const invitations = JSON.stringify({ open: [OPEN], waiting: [] });
  const { session: open, opener, asked, kept } = session(ROSTER, CUSTODY, GRANTED, { text: invitations }, { text: "PROPOSALS" });
  opener.people = JSON.stringify([OWN]);
  opener.lacking = '{"grants":["AA"]}';
  const team = await open.team();
  assert.deepEqual([team.admin, team.threshold, team.open], [true, 1, [OPEN]]);
  const granted = "new_grants 0000-00-00T00:00:00Z";
  assert.deepEqual(opener.calls, [
    `renew_roster ${ROSTER.text} ${CUSTODY.text}`,
    granted,
    "keys 1795219200",
    "keys 1795219200",
    `waiting ${invitations}`,
    "proposals PROPOSALS",
  ]);
  assert.deepEqual(kept, ["roster 7 abcd"]);
  assert.deepEqual(asked.map(({ url }) => new URL(url).pathname), [
    "/v1/roster",
    "/v1/custody",
    "/v1/grants",
    "/v1/invitations",
    "/v1/roster/proposals",
  ]);
});

test("who is no admin of the list asks for nothing that waits; without a list nothing is asked", async () => {
  const { session: open, opener, asked } = session(ROSTER, CUSTODY);
  for (const person of [{ ...OWN, roles: ["shipping"] }, { ...OWN, state: "left" }, { ...OWN, own: false }]) {
    opener.people = JSON.stringify([person]);
    opener.threshold = 0;
    assert.equal((await open.team()).admin, false);
    assert.equal(asked.length, 0);
  }
  opener.threshold = 1;
  await open.team();
  assert.equal(asked.length, 2);
});

test("a page is sealed anew in one go, each request made of the answer before; a proof that is missing ends it", async () => {
  const answers = [{ text: "PAGE" }, { text: "FOUND" }, { text: "OPENED" }, { body: { conflicts: [] } }];
  const { session: open, opener, asked } = session(...answers);
  opener.logs = true;
  const page = await open.resealing.page("cc", "aa");
  assert.deepEqual(page, { done: 2, left: [{ deposit_id: "aa", reference: "A-1", differences: [] }], last: "bb" });
  assert.deepEqual(opener.calls, ['sign [{"action":"list","limit":10}]', "reseal_list PAGE", "reseal_open FOUND", "reseal_seal OPENED"]);
  assert.deepEqual(asked.map(({ url }) => new URL(url).pathname), ["/v1/reseal/list", "/v1/openings", "/v1/reseal/open", "/v1/reseal"]);
  const [list, check, , sealed] = asked.map(({ init }) => JSON.parse(String(init.body)) as unknown);
  assert.deepEqual(list, { key_id: "cc", after: "aa", limit: 10, log: { since: 0, entries: [{ salt: "SS", signed: "30" }] } });
  assert.deepEqual([check, sealed], [{ deposits: ["CHECK"] }, { deposits: ["SEALED"] }]);

  const { session: other, opener: doubting, asked: less } = session(...answers);
  doubting.logs = true;
  doubting.refusal = "log_forked";
  await assert.rejects(other.resealing.page("cc", undefined), LogNotTrusted);
  assert.equal(less.length, 1);
});

test("a roster that is not what was signed is told from all else", async () => {
  const { session: open, opener } = session(ROSTER, CUSTODY);
  opener.renew_roster = () => {
    throw coded("roster_forked");
  };
  await assert.rejects(open.team(), VaultNotTrusted);
});

test("a change and a second signature are sent as the WASM made them", async () => {
  const { session: open, opener, asked } = session({ body: { taken: true } }, { text: "INVITATIONS" }, { body: { taken: false } });
  assert.equal(await open.change({ change: "threshold", threshold: 2 }), true);
  const proposal = { head: "bb", time: "", signed: ["ben"], own: false, changes: [], entry: "ENTRY" };
  assert.equal(await open.cosign(proposal), false);
  assert.deepEqual(opener.calls, ['change {"change":"threshold","threshold":2} 0000-00-00T00:00:00Z', "cosign ENTRY INVITATIONS"]);
  const bodies = asked.map(({ init }) => init.body).filter((body) => body !== undefined);
  assert.deepEqual(bodies, ['{"entry":"ENTRY","grants":[]}', '{"entry":"BOTH","grants":[]}']);
});

test("a change is in the log, or it is not believed", async () => {
  const taken = { body: { taken: true, log: { checkpoint: "C" } } };
  const { session: open, opener, kept } = session(taken, { body: { taken: true } });
  opener.logs = true;
  assert.equal(await open.change({ change: "threshold", threshold: 2 }), true);
  assert.deepEqual(opener.calls.slice(1), ['logged {"checkpoint":"C"}']);
  assert.deepEqual(kept, ["log place 1"]);
  opener.refusal = "log_refused";
  await assert.rejects(open.change({ change: "threshold", threshold: 2 }), LogNotTrusted);
  assert.equal(opener.calls.at(-1), "logged null");
});

test("ending one's sessions elsewhere is a sign-out in the log, where one is kept", async () => {
  const ended = { body: { log: { checkpoint: "C" } } };
  const { session: open, opener, asked } = session({ body: {} }, ended, ended);
  await open.endSession("aa");
  assert.deepEqual([opener.calls, asked[0]?.init.body], [[], '{"id":"aa"}']);
  opener.logs = true;
  await open.endSession("aa");
  await open.endOtherSessions();
  const bodies = asked.slice(1).map(({ init }) => JSON.parse(String(init.body)) as { id?: string; log?: { since: number } });
  assert.deepEqual(bodies.map(({ id, log }) => [id, log?.since]), [["aa", 0], [undefined, 1]]);
  const both = ['sign [{"action":"sign-out"}]', 'logged {"checkpoint":"C"}'];
  assert.deepEqual(opener.calls, [...both, ...both]);
});

test("an invitation: the vault gets the hash, the token stays here", async () => {
  const { session: open, asked } = session(GONE);
  assert.equal(await open.invite("ben", ["admin"]), "TOKEN");
  const sent = { name: "ben", roles: ["admin"], token_hash: "HASH", lifetime: 259_200 };
  assert.deepEqual(JSON.parse(String(asked[0]?.init.body)), sent);
});
