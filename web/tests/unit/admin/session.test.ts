import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../src/admin/config.ts";
import { KeysNotUnlocked, LogNotTrusted, PassphraseNeeded, StillWaiting, Unreachable, VaultNotTrusted, WrongPassphrase } from "../../../src/admin/failure.ts";
import { Journal } from "../../../src/admin/journal.ts";
import { resume, Session, signIn } from "../../../src/admin/session.ts";
import type { Step } from "../../../src/admin/session.ts";
import { tabMemory } from "../../../src/admin/tab.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { coded, FakeAttempt, fakeEngine, fakeFetch, FakeJoiner, FakeOpener, FakeStorage, FakeTab, row, sealed } from "./fakes.ts";
import type { Answer } from "./fakes.ts";

const ID = "a".repeat(64);
const PASSPHRASE = "correct horse battery staple";
const STARTED = { body: { login: "AA", message: "KE2" } };
const LIMITS = { expires_in: 900, lock_after: 600 };
const FINISHED = { body: LIMITS };
const IDENTITY = { text: '{"identity":{}}' };
const ROSTER = { text: '{"entries":[],"identities":[]}' };
const CUSTODY = { text: '{"keys":[]}' };
const MANIFESTS = { text: '{"notes":[]}' };
const GONE = { status: 204 };
const GRANTED = { body: {} };
const SIGNED_IN = [STARTED, FINISHED, IDENTITY, ROSTER, CUSTODY, MANIFESTS];
const RESUMED = { text: JSON.stringify({ ...LIMITS, user: "owner", identity: { half: "ROW", wrapped: "W" } }) };

const NOW = 1_795_219_200;

interface Browser {
  /** Ingest's note; `null` when it gives none. */
  readonly note?: string | null;
  readonly seen?: string;
  /** Of the audit log. */
  readonly seenLog?: string;
  /** The tab whose half the browser kept. */
  readonly own?: FakeTab;
}

function attemptWith(attempt: FakeAttempt, answers: readonly Answer[], { note = "NOTE", seen = "", seenLog = "", own = new FakeTab() }: Browser = {}) {
  const { fetcher, asked } = fakeFetch(...answers);
  const vault = new Vault("https://vault.example", fetcher);
  const steps: Step[] = [];
  const whole = fakeEngine(attempt, new FakeJoiner(), own);
  const storage = new FakeStorage();
  const tab = tabMemory(() => storage);
  const config = { anchor: "ANCHOR", logKey: "LOG-KEY" } as Config;
  const kept: string[] = [];
  const memory = {
    read: (of: string) => kept.findLast((line) => line.startsWith(of))?.slice(of.length + 1) ?? (of === "roster" ? seen : seenLog),
    write: (of: string, place: string) => void kept.push(`${of} ${place}`),
  };
  const timestamp = async () => note ?? undefined;
  const parts = { engine: Promise.resolve(whole), vault, config, memory, tab, timestamp, now: () => NOW };
  const painted = async () => undefined;
  const run = () => signIn({ user: "owner", passphrase: PASSPHRASE }, parts, (step) => steps.push(step), painted);
  return { run, asked, steps, kept, tab, storage, again: () => resume("HALF", parts, painted) };
}

test("signs in, then unlocks with what the vault holds; the passphrase is never sent", async () => {
  const given: string[] = [];
  const attempt = new FakeAttempt(() => "KE3", (...all) => (given.push(...all), new FakeOpener()));
  const { run, asked, steps, kept, tab, storage } = attemptWith(attempt, [...SIGNED_IN, GONE]);
  const session = await run();
  assert.deepEqual(session.as, { ...LIMITS, user: "owner" });
  assert.equal(asked.at(-1)?.init.body, '{"half":"ROW","wrapped":"W"}', "for a reload");
  assert.equal(tab.half(), "HALF");
  assert.equal(storage.length, 1);
  assert.ok(!JSON.stringify(asked).includes("HALF"));
  assert.deepEqual(given, [PASSPHRASE, IDENTITY.text, ROSTER.text, CUSTODY.text, "ANCHOR", MANIFESTS.text]);
  assert.deepEqual(steps, ["loading", "asking", "checking", "asking", "unlocking"]);
  assert.equal(attempt.freed, true);
  assert.equal(attempt.remembered, "");
  assert.deepEqual(attempt.confirmed, ["NOTE", NOW]);
  assert.deepEqual(attempt.log, ["LOG-KEY", ""]);
  assert.equal(session.trust, "confirmed");
  assert.deepEqual(kept, ["roster 7 abcd"], "for the next sign-in");
  assert.ok(!JSON.stringify(asked).includes("correct"));
  assert.equal(asked[0]?.init.body, '{"user":"owner","message":"KE1"}');
  assert.equal(asked[1]?.init.body, '{"login":"AA","message":"KE3"}');
});

test("a wrong passphrase ends before the vault is told anything more", async () => {
  const attempt = new FakeAttempt(() => {
    throw coded("wrong_passphrase");
  });
  const { run, asked } = attemptWith(attempt, [STARTED]);
  await assert.rejects(run, WrongPassphrase);
  assert.equal(asked.length, 1);
  assert.equal(attempt.freed, true);
});

test("somebody who waits for an admin is told the own words; nothing more is asked", async () => {
  const { run, asked } = attemptWith(new FakeAttempt(() => "KE3"), [STARTED, { status: 202, text: "WAITING" }]);
  const words = "words of WAITING under ANCHOR";
  await assert.rejects(run, (error) => error instanceof StillWaiting && error.words === words);
  assert.equal(asked.length, 2);
});

test("keys that do not unlock end the session at the vault", async () => {
  for (const [code, error] of [
    ["wrong_passphrase", KeysNotUnlocked],
    ["roster_refused", VaultNotTrusted],
    ["identity_refused", VaultNotTrusted],
    ["roster_rolled_back", VaultNotTrusted],
    ["roster_forked", VaultNotTrusted],
    ["roster_not_current", VaultNotTrusted],
    ["timestamp_refused", VaultNotTrusted],
  ] as const) {
    const attempt = new FakeAttempt(() => "KE3", () => {
      throw coded(code);
    });
    const { run, asked, kept } = attemptWith(attempt, [...SIGNED_IN, GONE]);
    await assert.rejects(run, error);
    assert.deepEqual(kept, []);
    assert.match(asked.at(-1)?.url ?? "", /\/v1\/logout$/);
    assert.equal(attempt.freed, true);
  }
});

test("without a note that names the list of admins, work goes on, and how sure one can be is known", async () => {
  const silent = async (opener: FakeOpener, seen: string, note: string | null) => {
    const attempt = new FakeAttempt(() => "KE3", () => opener);
    const { run } = attemptWith(attempt, SIGNED_IN, { note, seen });
    return { trust: (await run()).trust, confirmed: attempt.confirmed };
  };
  const opener = new FakeOpener();
  opener.roster_trust = "unconfirmed";
  assert.deepEqual(await silent(opener, "", null), { trust: "unconfirmed", confirmed: undefined });
  opener.roster_trust = "remembered";
  assert.deepEqual(await silent(opener, "6 abcd", "OLD"), { trust: "remembered", confirmed: ["OLD", NOW] });
});

test("what is due is what the keys say at this browser's time", async () => {
  const opener = new FakeOpener();
  opener.due = [{ code: "no_next_key", at: "2027-01-01T00:00:00Z" }];
  const { run } = attemptWith(new FakeAttempt(() => "KE3", () => opener), SIGNED_IN);
  assert.deepEqual((await run()).keys, { keys: [], due: opener.due });
  assert.deepEqual(opener.calls, [`keys ${NOW}`]);
});

test("what the vault is to keep from now on is sent; that it does not take it is no matter today", async () => {
  for (const answer of [GONE, { status: 503 }]) {
    const opener = new FakeOpener();
    opener.new_identity = '{"public":"AA","wrapped":[]}';
    opener.lacking = answer === GONE ? '{"grants":[]}' : undefined;
    const { run, asked } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, answer, GRANTED, answer]);
    assert.equal((await run()).user, "owner");
    const sent = asked.slice(SIGNED_IN.length, -1).map(({ url, init }) => [new URL(url).pathname, init.method, init.body]);
    const identity = ["/v1/identity", "POST", opener.new_identity];
    assert.deepEqual(sent, answer === GONE ? [identity, ["/v1/grants", "POST", opener.lacking]] : [identity]);
  }
});

test("no key at all is said, and the opener is freed", async () => {
  for (const [refused, error] of [
    [0, KeysNotUnlocked],
    [1, VaultNotTrusted],
  ] as const) {
    const opener = new FakeOpener();
    opener.key_ids = "[]";
    opener.refused_grants = refused;
    const { run } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, GONE]);
    await assert.rejects(run, error);
    assert.deepEqual(opener.calls, ["free"]);
  }
});

test("a reload goes on with the tab's half, and never sends it", async () => {
  const own = new FakeTab();
  const answers = [RESUMED, IDENTITY, ROSTER, CUSTODY, MANIFESTS];
  const { again, asked, kept } = attemptWith(new FakeAttempt(() => "KE3"), answers, { own, seenLog: "place 4" });
  const session = await again();
  assert.deepEqual(session.as, { ...LIMITS, user: "owner" });
  const given = [RESUMED.text, IDENTITY.text, ROSTER.text, CUSTODY.text, "ANCHOR", MANIFESTS.text];
  assert.deepEqual(own.calls, ["remember ", "remember_log LOG-KEY place 4", "confirm NOTE", ...given]);
  assert.deepEqual(kept, ["roster 7 abcd"]);
  assert.equal(own.freed, true);
  assert.ok(!JSON.stringify(asked).includes("HALF"));
  session.leave();
  await session.vault.logout();
  assert.equal(asked.length, 5, "leaving the page does not end the session");
});

test("what does not unlock ends the session; a vault that does not answer keeps it", async () => {
  const rest = [IDENTITY, ROSTER, CUSTODY, MANIFESTS];
  for (const [code, error] of [
    ["passphrase_needed", PassphraseNeeded],
    ["identity_refused", VaultNotTrusted],
    ["roster_rolled_back", VaultNotTrusted],
  ] as const) {
    const own = new FakeTab("HALF", "nothing", () => {
      throw coded(code);
    });
    const { again, asked } = attemptWith(new FakeAttempt(() => "KE3"), [RESUMED, ...rest, GONE], { own });
    await assert.rejects(again, error);
    assert.match(asked.at(-1)?.url ?? "", /\/v1\/logout$/);
    assert.equal(own.freed, true);
  }
  const { again, asked } = attemptWith(new FakeAttempt(() => "KE3"), [RESUMED, "no answer", "no answer", "no answer", "no answer"]);
  await assert.rejects(again, Unreachable);
  assert.ok(!asked.some(({ url }) => url.endsWith("/v1/logout")));
});

test("a tab keeps nothing where the vault does not, or where the passphrase is needed anyway", async () => {
  for (const [own, answers] of [
    [new FakeTab("HALF", "nothing"), []],
    [new FakeTab(), [{ status: 503 }]],
  ] as const) {
    const { run, asked, tab, storage } = attemptWith(new FakeAttempt(() => "KE3"), [...SIGNED_IN, ...answers], { own });
    storage.setItem("nightsafe-tab", "of an earlier session");
    await run();
    assert.equal(asked.length, SIGNED_IN.length + answers.length);
    assert.equal(tab.half(), undefined);
    assert.equal(storage.length, 0);
  }
});

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

test("where a log is kept, a sign-in is in it before anything else is asked for", async () => {
  const opener = new FakeOpener();
  opener.logs = true;
  opener.lacking = '{"grants":[],"log":{}}';
  const granted = { body: { log: { checkpoint: "C" } } };
  const { run, asked, kept } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, { text: "IN-LOG" }, granted]);
  await run();
  const paths = asked.slice(SIGNED_IN.length).map(({ url }) => new URL(url).pathname);
  assert.deepEqual(paths, ["/v1/log/record", "/v1/grants", "/v1/session/identity"]);
  assert.deepEqual(opener.calls, [
    'sign [{"action":"sign-in"}]',
    "logged IN-LOG",
    "new_grants 0000-00-00T00:00:00Z",
    'logged {"checkpoint":"C"}',
  ]);
  assert.deepEqual(kept, ["roster 7 abcd", "log place 1", "log place 2"]);
});

test("a session that goes on after a reload signs what is done, and its sign-in is not recorded twice", async () => {
  const opener = new FakeOpener();
  [opener.logs, opener.log_size] = [true, "4"];
  const own = new FakeTab("HALF", undefined, () => opener);
  const found = { body: { deposits: [], log: { checkpoint: "C" } } };
  const answers = [RESUMED, IDENTITY, ROSTER, CUSTODY, MANIFESTS, found];
  const { again, asked, kept } = attemptWith(new FakeAttempt(() => "KE3"), answers, { own, seenLog: "place 4" });
  await (await again()).search({});
  assert.deepEqual(opener.calls, ['sign [{"action":"list","limit":25}]', 'logged {"checkpoint":"C"}']);
  assert.ok(!asked.some(({ url }) => url.endsWith("/v1/log/record")));
  assert.deepEqual(kept, ["roster 7 abcd", "log place 5"]);
});

test("what is granted and is not shown in the log ends the sign-in", async () => {
  const opener = new FakeOpener();
  opener.logs = true;
  opener.lacking = '{"grants":[],"log":{}}';
  opener.logged = (inLog: string) => {
    if (inLog === "null") throw coded("log_refused");
  };
  const { run } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, { text: "IN-LOG" }, { body: {} }, GONE]);
  await assert.rejects(run, LogNotTrusted);
});

test("a log that is not the one that was seen ends the sign-in, and nothing of it is remembered", async () => {
  for (const refusal of ["log_refused", "log_rolled_back", "log_forked"]) {
    const opener = new FakeOpener();
    [opener.logs, opener.refusal] = [true, refusal];
    const { run, asked, kept } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, { text: "IN-LOG" }, GONE]);
    await assert.rejects(run, LogNotTrusted);
    assert.match(asked.at(-1)?.url ?? "", /\/v1\/logout$/);
    assert.equal(opener.calls.at(-1), "free");
    assert.deepEqual(kept, ["roster 7 abcd"]);
  }
  const opener = new FakeOpener();
  opener.logs = true;
  const shorter = { status: 409, body: { type: "https://nightsafe.dev/problems/log-shorter" } };
  const { run } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, shorter, GONE]);
  await assert.rejects(run, LogNotTrusted);
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

test("signing out is recorded, in the one request that ends the session", async () => {
  const opener = new FakeOpener();
  opener.logs = true;
  const answers = [...SIGNED_IN, { text: "IN-LOG" }, GONE, { text: "IN-LOG" }];
  const { run, asked } = attemptWith(new FakeAttempt(() => "KE3", () => opener), answers);
  const session = await run();
  opener.calls.length = 0;
  session.lock({ action: "sign-out" });
  assert.deepEqual(opener.calls, ['sign [{"action":"sign-out"}]', "lock", "free"]);
  const last = asked.at(-1);
  assert.deepEqual([last?.init.keepalive, new URL(last?.url ?? "").pathname], [true, "/v1/log/record"]);
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
