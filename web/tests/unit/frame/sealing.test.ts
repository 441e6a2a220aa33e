import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { getHeapSnapshot } from "node:v8";
import { Failure } from "../../../src/frame/failure.ts";
import { Sealing, type Answer } from "../../../src/frame/sealing.ts";

const STORED: Answer = { kind: "stored", sealed: { depositId: "d", receipt: "r" } };
const LOST: Answer = { kind: "unknown", code: "ingest_unreachable" };

/** A sealing whose ingest gives these answers in turn, and what it did. */
function bench(...answers: Answer[]) {
  const posted: string[] = [];
  const done = { sealed: 0, renewed: 0, paused: 0, posted };
  const sealing = new Sealing({
    seal: async (reference) => `${reference}#${++done.sealed}`,
    post: async (deposit) => {
      posted.push(deposit);
      return answers.shift() ?? assert.fail("posted once too often");
    },
    renew: async () => void done.renewed++,
    pause: async () => void done.paused++,
  });
  return { sealing, done };
}

const phone = (value: string) => [{ field: "phone", index: 0, value }];

test("the same values give the same receipt without another deposit", async () => {
  const { sealing, done } = bench(STORED);
  assert.deepEqual(await sealing.run("A-1", phone("1")), { depositId: "d", receipt: "r" });
  assert.deepEqual(await sealing.run("A-1", phone("1")), { depositId: "d", receipt: "r" });
  assert.deepEqual(done.posted, ["A-1#1"]);
});

test("other values, another reference or an edited card make another deposit", async () => {
  const { sealing, done } = bench(STORED, STORED, STORED, STORED);
  await sealing.run("A-1", phone("1"));
  await sealing.run("A-1", phone("2"));
  await sealing.run("A-2", phone("2"));
  sealing.edited();
  await sealing.run("A-2", phone("2"));
  assert.deepEqual(done.posted, ["A-1#1", "A-1#2", "A-2#3", "A-2#4"]);
});

test("a lost answer is asked for once more with the same bytes", async () => {
  const { sealing, done } = bench(LOST, STORED);
  await sealing.run("A-1", []);
  assert.deepEqual(done.posted, ["A-1#1", "A-1#1"]);
  assert.equal(done.paused, 1);
});

test("while ingest is down the deposit is kept, and the next try posts its bytes", async () => {
  const { sealing, done } = bench(LOST, LOST, STORED);
  await assert.rejects(sealing.run("A-1", phone("1")), new Failure("ingest_unreachable"));
  await sealing.run("A-1", phone("1"));
  assert.deepEqual(done.posted, ["A-1#1", "A-1#1", "A-1#1"]);
  assert.equal(done.sealed, 1);
});

test("an edit while ingest is down throws the kept deposit away", async () => {
  const { sealing, done } = bench(LOST, LOST, STORED);
  await assert.rejects(sealing.run("A-1", phone("1")));
  sealing.edited();
  await sealing.run("A-1", phone("1"));
  assert.deepEqual(done.posted, ["A-1#1", "A-1#1", "A-1#2"]);
});

test("refused bytes are never posted again", async () => {
  const { sealing, done } = bench({ kind: "refused", code: "wrong_site" }, STORED);
  await assert.rejects(sealing.run("A-1", []), new Failure("wrong_site"));
  await sealing.run("A-1", []);
  assert.deepEqual(done.posted, ["A-1#1", "A-1#2"]);
});

test("under a manifest that was replaced it renews and seals again, once", async () => {
  const outdated: Answer = { kind: "refused", code: "manifest_not_current" };
  const fine = bench(outdated, STORED);
  await fine.sealing.run("A-1", []);
  assert.deepEqual([fine.done.posted, fine.done.renewed], [["A-1#1", "A-1#2"], 1]);
  const stuck = bench(outdated, outdated);
  await assert.rejects(stuck.sealing.run("A-1", []), new Failure("manifest_not_current"));
  assert.equal(stuck.done.renewed, 1);
});

test("what the sealer throws comes through, and nothing is kept of it", async () => {
  let sealed = 0;
  const sealing = new Sealing({
    seal: async () => {
      if (++sealed === 1) throw new Failure("fields");
      return "deposit";
    },
    post: async () => STORED,
    renew: async () => {},
    pause: async () => {},
  });
  await assert.rejects(sealing.run("A-1", []), new Failure("fields"));
  assert.equal((await sealing.run("A-1", [])).receipt, "r");
});

test("the values are not kept in memory, whatever came of them", async () => {
  for (const answers of [[STORED], [LOST, LOST], [{ kind: "refused", code: "wrong_site" } as const]]) {
    const { sealing } = bench(...answers);
    // As bytes, so that the only text of it is the one that is sealed
    const secret = randomBytes(16);
    await sealing.run("A-1", phone(secret.toString("hex"))).catch(() => {});
    const heap = await text(getHeapSnapshot());
    assert.equal(heap.includes(secret.toString("hex")), false);
    sealing.edited(); // still there when the heap was looked at
  }
});
