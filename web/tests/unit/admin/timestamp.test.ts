import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchTimestamp } from "../../../src/admin/timestamp.ts";
import { fakeFetch } from "./fakes.ts";

test("the note comes from ingest as it is", async () => {
  const { fetcher, asked } = fakeFetch({ text: "NOTE\n" });
  assert.equal(await fetchTimestamp("https://ingest.example", fetcher), "NOTE\n");
  assert.deepEqual(asked.map(({ url }) => url), ["https://ingest.example/v1/timestamp"]);
  assert.equal(asked[0]?.init.credentials, "omit");
});

test("an ingest that gives none is no error", async () => {
  for (const answer of ["no answer", { status: 503 }, { status: 404 }, { text: "x".repeat(5000) }] as const) {
    assert.equal(await fetchTimestamp("https://ingest.example", fakeFetch(answer).fetcher), undefined);
  }
});
