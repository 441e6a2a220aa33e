// The JavaScript of docs/spec/receipt.md, taken from the page, against the shared vectors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { repositoryFile } from "./repository.ts";

interface Case {
  case: string;
  receipt: string;
  site?: string;
  reference?: string;
  deposit?: string;
}

type Verify = (receipt: string, vkey: string, site: string, reference: string) => string | null;

const page = repositoryFile("docs/spec/receipt.md");
const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? "";
const vectors = JSON.parse(repositoryFile("tests/vectors/receipt-v1.json")) as {
  key: string;
  cases: Case[];
};

test("the documented ten lines give the specified answers", async () => {
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const { verifyReceipt } = (await import(url)) as { verifyReceipt: Verify };
  for (const { case: name, receipt, deposit, site, reference } of vectors.cases) {
    const answer = verifyReceipt(receipt, vectors.key, site ?? "demo.nightsafe.example", reference ?? "ORDER-1");
    assert.equal(answer, deposit ?? null, name);
  }
  const [good] = vectors.cases;
  assert.ok(good !== undefined);
  assert.equal(verifyReceipt(good.receipt, vectors.key, "other.example", "ORDER-1"), null);
  assert.equal(verifyReceipt(good.receipt, vectors.key, "demo.nightsafe.example", "ORDER-2"), null);
});
