import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../src/admin/config.ts";
import { LogNotTrusted, sentence, Unreachable, VaultNotTrusted, WrongCode } from "../../../src/admin/failure.ts";
import { showCode } from "../../../src/admin/recover.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { coded, FakeAttempt, fakeEngine, fakeFetch, FakeJoiner, FakeRecovery, FakeTab } from "./fakes.ts";
import type { Answer } from "./fakes.ts";

const STARTED = { body: { login: "AA", message: "KE2" } };
const FINISHED = { body: { recovery: "RR", expires_in: 900, identity: {}, logs: true } };
const FAILED = { status: 401, body: { type: "https://nightsafe.dev/problems/sign-in-failed" } };
const painted = async () => undefined;

function parts(recovery: FakeRecovery, ...answers: readonly Answer[]) {
  const { fetcher, asked } = fakeFetch(...answers);
  const kept: string[] = [];
  const memory = { read: () => "place 1", write: (of: string, place: string) => void kept.push(`${of} ${place}`) };
  const engine = fakeEngine(new FakeAttempt(() => ""), new FakeJoiner(), new FakeTab(), recovery);
  const config = { anchor: "ANCHOR", logKey: "LOG-KEY" } as Config;
  return { all: { engine: Promise.resolve(engine), vault: new Vault("https://vault.example", fetcher), config, memory }, asked, kept };
}

test("a code is shown, unlocks, and sets a new passphrase; neither is ever sent", async () => {
  const recovery = new FakeRecovery();
  const { all, asked, kept } = parts(recovery, STARTED, FINISHED, { body: { message: "R2" } }, { body: { log: { checkpoint: "C" } } });
  const who = await showCode("anna", "THE CODE", all, painted);
  assert.deepEqual([who.user, who.expiresIn], ["anna", 900]);
  await who.setPassphrase("THE PASSPHRASE", painted);
  const paths = asked.map(({ url }) => url.replace("https://vault.example/v1/", ""));
  assert.deepEqual(paths, ["recovery/start", "recovery/finish", "recovery/passphrase/start", "recovery/passphrase/finish"]);
  const bodies = asked.map(({ init }) => init.body as string);
  assert.ok(bodies.every((body) => !body.includes("THE ")));
  assert.deepEqual(JSON.parse(bodies[3] ?? ""), { recovery: "RR", registration: "R3", wrapped: "W", log: { since: 0, entries: [] } });
  assert.deepEqual(recovery.calls, [
    "finish KE2",
    "unlock {} true ANCHOR",
    "begin_passphrase ",
    "finish_passphrase R2 LOG-KEY place 1 0000-00-00T00:00:00Z",
    'logged {"checkpoint":"C"}',
  ]);
  assert.deepEqual(kept, ["log place 2"]);
  who.free();
  assert.ok(recovery.freed);
});

test("a wrong code, an unknown name and a used kit are one error; nothing is kept of any", async () => {
  for (const [recovery, answers] of [
    [new FakeRecovery(["finish", "wrong_passphrase"]), [STARTED]],
    [new FakeRecovery(), [STARTED, FAILED]],
  ] as const) {
    await assert.rejects(showCode("anna", "CODE", parts(recovery, ...answers).all, painted), WrongCode);
    assert.ok(recovery.freed);
  }
  const refused = new FakeRecovery(["unlock", "identity_refused"]);
  await assert.rejects(showCode("anna", "CODE", parts(refused, STARTED, FINISHED).all, painted), VaultNotTrusted);
  await assert.rejects(showCode("anna", "CODE", parts(new FakeRecovery(), "no answer").all, painted), Unreachable);
});

test("a passphrase that the vault does not show in its log is told as that", async () => {
  const recovery = new FakeRecovery(["logged", "log_refused"]);
  const { all, kept } = parts(recovery, STARTED, FINISHED, { body: { message: "R2" } }, { body: {} });
  const who = await showCode("anna", "CODE", all, painted);
  await assert.rejects(who.setPassphrase("next", painted), LogNotTrusted);
  assert.deepEqual([recovery.calls.at(-1), kept], ["logged null", []]);
});

test("a typo is told with its group, and what is missing", () => {
  assert.match(sentence(coded("code_typo_3")), /^Group 3 of the code/);
  assert.match(sentence(coded("code_length")), /seven groups/);
  assert.match(sentence(new WrongCode()), /no kit for this name/);
});
