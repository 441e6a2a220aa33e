import assert from "node:assert/strict";
import { test } from "node:test";
import { KeysNotUnlocked, LogNotTrusted, PassphraseNeeded, StillWaiting, Unreachable, VaultNotTrusted, WrongPassphrase } from "../../../src/admin/failure.ts";
import { coded, FakeAttempt, FakeOpener, FakeTab } from "./fakes.ts";
import { attemptWith, CUSTODY, GONE, GRANTED, IDENTITY, LIMITS, MANIFESTS, NOW, PASSPHRASE, RESUMED, ROSTER, SIGNED_IN, STARTED } from "./signing-in.ts";

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
