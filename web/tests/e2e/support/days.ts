// An admin's page on a later day, for what comes with time alone.

import type { Admin } from "./admin.ts";
import type { Demo } from "./demo.ts";
import { Site, hashOf } from "./site.ts";

const DAY = 86_400_000;

/**
 * A page that counts days from a later day, to which ingest says that all is current. Only what it counts by is later: entries
 * of the audit log are dated by the same clock as the vault's, or refused.
 */
export async function daysFromNow(admin: Admin, demo: Demo, days: number): Promise<void> {
  const site = new Site(demo);
  const then = new Date(Date.now() + days * DAY);
  const note = await (await fetch(`${demo.at.ingest}/v1/timestamp`)).text();
  const [, roster = ""] = /^roster ([0-9a-f]{64})$/m.exec(note) ?? [];
  const later = site.timestamp({ manifest: hashOf(site.manifest), roster, until: new Date(then.getTime() + DAY) });
  await admin.page.route(`${demo.at.ingest}/v1/timestamp`, (route) =>
    route.fulfill({ body: later, headers: { "access-control-allow-origin": new URL(demo.at.admin).origin } }),
  );
  await admin.page.addInitScript((later) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + later;
  }, days * DAY);
}
