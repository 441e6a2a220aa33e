import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../src/admin/config.ts";
import { KeysNotUnlocked, PassphraseNeeded, StillWaiting, Unreachable, VaultNotTrusted, WrongPassphrase } from "../../../src/admin/failure.ts";
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
const SIGNED_IN = [STARTED, FINISHED, IDENTITY, ROSTER, CUSTODY, MANIFESTS];
const RESUMED = { text: JSON.stringify({ ...LIMITS, user: "owner", identity: { half: "ROW", wrapped: "W" } }) };

const NOW = 1_795_219_200;

interface Browser {
  /** Ingest's note; `null` when it gives none. */
  readonly note?: string | null;
  readonly seen?: string;
  /** The tab whose half the browser kept. */
  readonly own?: FakeTab;
}

function attemptWith(attempt: FakeAttempt, answers: readonly Answer[], { note = "NOTE", seen = "", own = new FakeTab() }: Browser = {}) {
  const { fetcher, asked } = fakeFetch(...answers);
  const vault = new Vault("https://vault.example", fetcher);
  const steps: Step[] = [];
  const whole = fakeEngine(attempt, new FakeJoiner(), own);
  const storage = new FakeStorage();
  const tab = tabMemory(() => storage);
  const config = { anchor: "ANCHOR" } as Config;
  const kept: string[] = [];
  const memory = { read: () => kept.at(-1) ?? seen, write: (place: string) => void kept.push(place) };
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
  assert.equal(session.trust, "confirmed");
  assert.deepEqual(kept, ["7 abcd"], "for the next sign-in");
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
    opener.new_grants = answer === GONE ? '{"grants":[]}' : undefined;
    const { run, asked } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, answer, answer, answer]);
    assert.equal((await run()).user, "owner");
    const sent = asked.slice(SIGNED_IN.length, -1).map(({ url, init }) => [new URL(url).pathname, init.method, init.body]);
    const identity = ["/v1/identity", "POST", opener.new_identity];
    assert.deepEqual(sent, answer === GONE ? [identity, ["/v1/grants", "POST", opener.new_grants]] : [identity]);
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
  const { again, asked, kept } = attemptWith(new FakeAttempt(() => "KE3"), [RESUMED, IDENTITY, ROSTER, CUSTODY, MANIFESTS], { own });
  const session = await again();
  assert.deepEqual(session.as, { ...LIMITS, user: "owner" });
  const answers = [RESUMED.text, IDENTITY.text, ROSTER.text, CUSTODY.text, "ANCHOR", MANIFESTS.text];
  assert.deepEqual(own.calls, ["remember ", "confirm NOTE", ...answers]);
  assert.deepEqual(kept, ["7 abcd"]);
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
  const memory = { read: () => "", write: (place: string) => void kept.push(place) };
  const open = new Session({ ...LIMITS, user: "owner" }, new Vault("https://vault.example", fetcher), opener, engine, memory, "confirmed", () => NOW);
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

test("opening is one request: chosen fields to open, all others to check", async () => {
  const { session: open, opener, asked } = session({ text: "ANSWER" });
  const [card, phone, email] = [sealed("card"), sealed("phone"), sealed("email")] as const;
  await open.open(ID, "charge", [card], [card, phone, email]);
  assert.equal(asked.length, 1);
  assert.deepEqual(JSON.parse(String(asked[0]?.init.body)), {
    purpose: "charge",
    deposits: [{ deposit_id: ID, open: [{ kind: "card", index: 0, tag: "card0" }], check: ["phone0", "email0"] }],
  });
  assert.deepEqual(opener.calls, ["open_fields ANSWER"]);
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
  const { session: open, opener, asked, kept } = session(ROSTER, CUSTODY, GONE, { text: invitations }, { text: "PROPOSALS" });
  opener.people = JSON.stringify([OWN]);
  opener.new_grants = '{"grants":["AA"]}';
  const team = await open.team();
  assert.deepEqual([team.admin, team.threshold, team.open], [true, 1, [OPEN]]);
  assert.deepEqual(opener.calls, [`renew_roster ${ROSTER.text} ${CUSTODY.text}`, `waiting ${invitations}`, "proposals PROPOSALS"]);
  assert.deepEqual(kept, ["7 abcd"]);
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

test("an invitation: the vault gets the hash, the token stays here", async () => {
  const { session: open, asked } = session(GONE);
  assert.equal(await open.invite("ben", ["admin"]), "TOKEN");
  const sent = { name: "ben", roles: ["admin"], token_hash: "HASH", lifetime: 259_200 };
  assert.deepEqual(JSON.parse(String(asked[0]?.init.body)), sent);
});
