// The bench of sealing, once through: that all three contestants seal, and that what they seal can be opened. No times.

import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@playwright/test";
import type { Report } from "../../bench/report.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("the bench of sealing opens what Nightsafe, libsodium and HPKE in JavaScript have sealed", async () => {
  test.setTimeout(15 * 60_000); // it builds what is not there yet
  const xtask = process.env["NIGHTSAFE_XTASK"];
  const [program, before] = xtask === undefined ? ["cargo", ["xtask"]] : [xtask, []];
  const { stdout } = await promisify(execFile)(program, [...before, "bench", "seal", "--json", "--runs", "1"], {
    cwd: ROOT,
    maxBuffer: 16 << 20,
  });
  expect(stdout.trim().split("\n")).toHaveLength(1);
  const report = JSON.parse(stdout) as Report;
  expect(report).toMatchObject({ bench: "seal", runs: 1, opened: true });
  expect(Object.keys(report.contestants)).toEqual(["nightsafe", "libsodium", "js_xwing"]);
  for (const { bytes, first_ms, seal_ms } of Object.values(report.contestants)) {
    for (const number of [bytes, first_ms.median, seal_ms.median]) expect(number).toBeGreaterThan(0);
  }
});
