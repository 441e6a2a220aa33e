import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../../../src/admin/config.ts";
import { NamedPassphrase, Refused } from "../../../src/admin/failure.ts";
import { join } from "../../../src/admin/join.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { FakeAttempt, fakeEngine, fakeFetch, FakeJoiner } from "./fakes.ts";
import type { Answer } from "./fakes.ts";

const PASSPHRASE = "entirely my own words";
const STARTED = { body: { message: "R2", name: "ben" } };

function joining(passphrase: string, ...answers: readonly Answer[]) {
  const { fetcher, asked } = fakeFetch(...answers);
  const joiner = new FakeJoiner();
  const engine = Promise.resolve(fakeEngine(new FakeAttempt(() => ""), joiner));
  const parts = { engine, vault: new Vault("https://vault.example", fetcher), config: { anchor: "ANCHOR" } as Config };
  return { joined: join("TOKEN", passphrase, parts, async () => undefined), asked, joiner };
}

test("joining takes two requests without a session; the passphrase is in none, the token in no address", async () => {
  const { joined, asked, joiner } = joining(PASSPHRASE, STARTED, { status: 204 });
  assert.deepEqual(await joined, { name: "ben", words: "one two" });
  assert.deepEqual(
    asked.map(({ url, init }) => [new URL(url).pathname, JSON.parse(String(init.body))]),
    [
      ["/v1/invitations/start", { token: "TOKEN", message: "R1" }],
      ["/v1/invitations/finish", { token: "TOKEN", registration: "R2 ANCHOR", identity: {} }],
    ],
  );
  assert.ok(asked.every(({ init }) => new Headers(init.headers).get("authorization") === null));
  assert.ok(!JSON.stringify(asked).includes("entirely") && joiner.freed);
});

test("a passphrase that holds the name is refused before the invitation is used up, unless it is long", async () => {
  const short = joining("Ben and words", STARTED);
  await assert.rejects(short.joined, NamedPassphrase);
  assert.deepEqual([short.asked.length, short.joiner.freed], [1, true]);
  await joining("ben and many other words, all of them good", STARTED, { status: 204 }).joined;
});

test("an invitation that is not good is said as one", async () => {
  const problem = { status: 404, body: { type: "https://nightsafe.dev/problems/unknown-invitation" } };
  const { joined, joiner } = joining(PASSPHRASE, problem);
  await assert.rejects(joined, (error) => error instanceof Refused && error.slug === "unknown-invitation");
  assert.equal(joiner.freed, true);
});
