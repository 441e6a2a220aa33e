// How long a sign-in takes an admin: passphrase, Argon2id in the browser, keys unlocked, the search form there.

import { Admin } from "./support/admin.ts";
import { Passkeys } from "./support/passkeys.ts";
import { expect, test } from "./support/test.ts";

/** The aim, in milliseconds. */
const AIM = 2000;
const ROUNDS = 7;

test("a sign-in is through within two seconds of the click", async ({ browser, demo }) => {
  test.skip(process.env["NIGHTSAFE_LONG"] === undefined, "LEFT OUT: times, which the long run measures");
  const admin = new Admin(await browser.newPage({ locale: "en-GB" }), demo);
  const { page } = admin;
  const times: number[] = [];
  await page.goto(demo.at.admin);
  for (let round = 0; round < ROUNDS; round += 1) {
    await expect(page.getByLabel("Passphrase")).toBeVisible();
    const through = page.evaluate(
      () =>
        new Promise<number>((done) => {
          addEventListener(
            "click",
            () => {
              const start = performance.now();
              const look = (): void =>
                document.querySelector("[role=search]") === null ? void requestAnimationFrame(look) : done(performance.now() - start);
              look();
            },
            { once: true, capture: true },
          );
        }),
    );
    await admin.credentials();
    times.push(await through);
    await new Passkeys(admin).signOut();
  }
  const [fastest = Number.NaN, ...slower] = times.sort((a, b) => a - b);
  const median = slower[Math.floor(ROUNDS / 2) - 1] ?? Number.NaN;
  console.log(`a sign-in: ${median.toFixed(0)} ms from the click (median of ${ROUNDS}, fastest ${fastest.toFixed(0)} ms)`);
  expect(median).toBeLessThan(AIM);
  await page.context().close();
});
