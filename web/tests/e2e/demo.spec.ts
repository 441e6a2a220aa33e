// `cargo xtask demo --json`, as a script uses it: one line, an end that leaves nothing behind, and a start on the same data.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import type { Browser } from "@playwright/test";
import { Admin } from "./support/admin.ts";
import { Checkout, SHOPPER } from "./support/checkout.ts";
import { Demo } from "./support/demo.ts";
import { expect, test } from "./support/test.ts";

const KEYS = ["shop", "fields", "ingest", "admin", "thief", "data_dir", "admin_login"];

/** Command lines of all processes of this machine that name the folder or one below it. */
function processes(folder: string): string[] {
  // Not every Linux has a `ps`
  const lines = existsSync("/proc/self/cmdline")
    ? readdirSync("/proc").map((name) => (/^\d+$/.test(name) ? commandLine(name) : ""))
    : execFileSync("ps", ["-A", "-ww", "-o", "command="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(folder));
}

function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has ended meanwhile
  }
}

/** Which of these ports take connections. */
async function open(ports: readonly number[]): Promise<number[]> {
  const tried = ports.map(
    (port) =>
      new Promise<number[]>((done) => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.destroy();
          done([port]);
        });
        socket.once("error", () => done([]));
      }),
  );
  return (await Promise.all(tried)).flat();
}

/** The whole output is one line of JSON with these keys and no other. */
function isOneLine(demo: Demo): void {
  expect(demo.printed).toMatch(/^\{[^\n]*\}\n$/);
  const printed = JSON.parse(demo.printed) as Record<string, unknown>;
  expect(Object.keys(printed).sort()).toEqual([...KEYS].sort());
  expect(Object.keys(printed["admin_login"] as object).sort()).toEqual(["passphrase", "user"]);
  for (const name of ["shop", "fields", "ingest", "admin", "thief"]) expect(printed[name], name).toMatch(/^http:\/\/localhost:\d+$/);
}

/** A new browser's admin signs in with what the demo printed. */
async function withAdmin(browser: Browser, demo: Demo, run: (admin: Admin) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: "en-GB" });
  const admin = new Admin(await context.newPage(), demo);
  await admin.signIn();
  await run(admin);
  await context.close();
}

test("demo --json: one line; SIGINT ends all of it; the same data come up again, with their login and deposits, and nothing is asked", async ({
  page,
  browser,
  spare,
}) => {
  test.setTimeout(240_000);
  const ports = [1, 2, 3, 4, 5, 6, 7].map((n) => spare + n);
  const first = await Demo.start(spare);
  let second: Demo | undefined;
  try {
    const { reference, deposit } = await new Checkout(page, first).purchase(SHOPPER, "mixed");
    await withAdmin(browser, first, (admin) => admin.deposit(reference));
    expect(processes(first.written).length, "xtask, nightsafe, shop and thief").toBeGreaterThanOrEqual(4);
    expect(await open(ports)).toEqual(ports);

    expect(await first.end("SIGINT")).toBe(0);
    isOneLine(first);
    expect(processes(first.written)).toEqual([]);
    expect(await open(ports)).toEqual([]);

    second = await Demo.start(spare, first.written);
    expect(second.at).toEqual(first.at);
    await page.goto(`${second.at.shop}/orders/${reference}`);
    await expect(page.locator("[data-nightsafe-receipt]")).toHaveText(deposit);
    await withAdmin(browser, second, async (admin) => {
      await admin.deposit(reference);
      expect((await admin.opened(["Card"], "Charge the card"))["Card"]?.["Number"]).toBe(SHOPPER.number);
      expect(await admin.differences()).toEqual([]);
    });
    // New orders go on where the old ones are
    const next = await new Checkout(page, second).purchase(SHOPPER, "mixed");
    expect(next.reference).not.toBe(reference);

    expect(await second.end("SIGINT")).toBe(0);
    isOneLine(second);
    expect(processes(first.written)).toEqual([]);
  } finally {
    await second?.end("SIGTERM");
    await first.stop();
  }
});
