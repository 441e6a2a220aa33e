import assert from "node:assert/strict";
import { test } from "node:test";
import { dueSentence } from "../../../src/admin/due.ts";

test("each thing that is due is said with its date, and with what to do", () => {
  const at = "2027-03-11T00:00:00Z";
  for (const [due, said] of [
    [{ code: "manifest_ends", days: 30, at }, "In less than 30 days, on 11 Mar 2027, the key manifest ends"],
    [{ code: "manifest_ends", days: 1, at }, "In less than a day, on 11 Mar 2027,"],
    [{ code: "manifest_ended", at }, "ended on 11 Mar 2027: the payment form has stopped."],
    [{ code: "key_known_to_leaver" }, "Somebody who has left can open what is sealed now"],
    [{ code: "key_overdue", days: 95 }, "in use for 95 days; it should be 90 at most."],
    [{ code: "no_next_key", at }, "No data key is ready to take over on 11 Mar 2027."],
    [{ code: "something_new" }, "(something_new)"],
  ] as const) {
    const sentence = dueSentence(due);
    assert.ok(sentence.includes(said), sentence);
    assert.ok(sentence.includes("nightsafe keys propose"), sentence);
  }
});
