import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../src/admin/config.ts";
import type { Engine } from "../../../src/admin/engine.ts";
import { KeysNotUnlocked, LogNotTrusted, VaultNotTrusted, WrongPassphrase } from "../../../src/admin/failure.ts";
import { Journal } from "../../../src/admin/journal.ts";
import { Session, signIn } from "../../../src/admin/session.ts";
import type { Step } from "../../../src/admin/session.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { coded, FakeAttempt, fakeFetch, FakeOpener, row, sealed } from "./fakes.ts";
import type { Answer } from "./fakes.ts";

const ID = "a".repeat(64);
const PASSPHRASE = "correct horse battery staple";
const STARTED = { body: { login: "AA", message: "KE2" } };
const FINISHED = { body: { token: "dG9rZW4", expires_in: 900 } };
const IDENTITY = { text: '{"identity":{}}' };
const ROSTER = { text: '{"entries":[],"identities":[]}' };
const CUSTODY = { text: '{"keys":[]}' };
const MANIFESTS = { text: '{"notes":[]}' };
const GONE = { status: 204 };
const SIGNED_IN = [STARTED, FINISHED, IDENTITY, ROSTER, CUSTODY, MANIFESTS];

function attemptWith(attempt: FakeAttempt, answers: readonly Answer[]) {
  const { fetcher, asked } = fakeFetch(...answers);
  const vault = new Vault("https://vault.example", fetcher);
  const steps: Step[] = [];
  const whole: Engine = { attempt: () => attempt };
  const config = { anchor: "ANCHOR", logKey: "LOG-KEY" } as Config;
  const kept: string[] = [];
  const memory = {
    read: (of: string) => kept.findLast((line) => line.startsWith(of))?.slice(of.length + 1) ?? "",
    write: (of: string, place: string) => void kept.push(`${of} ${place}`),
  };
  const parts = { engine: Promise.resolve(whole), vault, config, memory };
  const painted = async () => undefined;
  const run = () => signIn({ user: "owner", passphrase: PASSPHRASE }, parts, (step) => steps.push(step), painted);
  return { run, asked, steps, kept };
}

test("signs in, then unlocks with what the vault holds; the passphrase is never sent", async () => {
  const given: string[] = [];
  const attempt = new FakeAttempt(() => "KE3", (...all) => (given.push(...all), new FakeOpener()));
  const { run, asked, steps, kept } = attemptWith(attempt, SIGNED_IN);
  const session = await run();
  assert.equal(session.user, "owner");
  assert.deepEqual(given, [PASSPHRASE, IDENTITY.text, ROSTER.text, CUSTODY.text, "ANCHOR", MANIFESTS.text]);
  assert.deepEqual(steps, ["loading", "asking", "checking", "asking", "unlocking"]);
  assert.equal(attempt.freed, true);
  assert.equal(attempt.remembered, "");
  assert.deepEqual(attempt.log, ["LOG-KEY", ""]);
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

test("keys that do not unlock end the session at the vault", async () => {
  for (const [code, error] of [
    ["wrong_passphrase", KeysNotUnlocked],
    ["roster_refused", VaultNotTrusted],
    ["identity_refused", VaultNotTrusted],
    ["roster_rolled_back", VaultNotTrusted],
    ["roster_forked", VaultNotTrusted],
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

test("what the vault is to keep from now on is sent; that it does not take it is no matter today", async () => {
  for (const answer of [GONE, { status: 503 }]) {
    const opener = new FakeOpener();
    opener.new_identity = '{"public":"AA","wrapped":[]}';
    opener.new_grants = answer === GONE ? '{"grants":[]}' : undefined;
    const { run, asked } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, answer, answer]);
    assert.equal((await run()).user, "owner");
    const sent = asked.slice(SIGNED_IN.length).map(({ url, init }) => [new URL(url).pathname, init.method, init.body]);
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

function session(...answers: readonly Answer[]) {
  const { fetcher, asked } = fakeFetch(...answers);
  const opener = new FakeOpener();
  opener.answer = JSON.stringify({ deposits: [{ deposit_id: ID, fields: [], differences: [] }] });
  const engine: Engine = { attempt: () => new FakeAttempt(() => "KE3") };
  const vault = new Vault("https://vault.example", fetcher);
  const kept: string[] = [];
  const journal = new Journal(opener, vault, { write: (of, place) => void kept.push(`${of} ${place}`) });
  return { session: new Session("owner", vault, opener, engine, journal), opener, asked, kept };
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
  opener.new_grants = '{"grants":[]}';
  opener.newly_granted = '["dd"]';
  const logged = { text: "IN-LOG" };
  const { run, asked, kept } = attemptWith(new FakeAttempt(() => "KE3", () => opener), [...SIGNED_IN, logged, GONE, logged]);
  await run();
  const paths = asked.slice(SIGNED_IN.length).map(({ url }) => new URL(url).pathname);
  assert.deepEqual(paths, ["/v1/log/record", "/v1/grants", "/v1/log/record"]);
  assert.deepEqual(opener.calls, [
    'sign [{"action":"sign-in"}]',
    "logged IN-LOG",
    'sign [{"action":"grant","data_key":"dd"}]',
    "logged IN-LOG",
  ]);
  assert.deepEqual(kept, ["roster 7 abcd", "log place 1", "log place 2"]);
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
  const { fetcher, asked } = fakeFetch(FINISHED, { text: "IN-LOG" });
  const [vault, opener] = [new Vault("https://vault.example", fetcher), new FakeOpener()];
  opener.logs = true;
  await vault.loginFinish({ login: "AA", message: "KE3" });
  const engine: Engine = { attempt: () => new FakeAttempt(() => "KE3") };
  new Session("owner", vault, opener, engine, new Journal(opener, vault, { write: () => undefined })).lock({ action: "sign-out" });
  assert.deepEqual(opener.calls, ['sign [{"action":"sign-out"}]', "lock", "free"]);
  assert.deepEqual([asked[1]?.init.keepalive, new URL(asked[1]?.url ?? "").pathname], [true, "/v1/log/record"]);
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
  assert.equal(asked.length, 0); // there was no token to take back
});
