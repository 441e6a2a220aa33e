// After how long without use this admin's pages lock.

import { fill, h, on, uniqueId } from "../dom.ts";
import { capital } from "../words.ts";
import { lockTime } from "../format.ts";
import { LOCK_TIMES } from "../idle.ts";

export interface LockTimeProps {
  /** In seconds, as it is now. */
  readonly lockAfter: number;
  /** The vault's own limit. */
  readonly limit: number;
  /** Resolves to a sentence when it did not work, to nothing when it did. */
  readonly setLockAfter: (seconds: number) => Promise<string | undefined>;
}

export function lockTimeSection({ lockAfter, limit, setLockAfter }: LockTimeProps): HTMLElement {
  const title = h("h2", { id: uniqueId("lock-time") }, "Lock");
  const lead = h("p", { class: "lead" }, "So long without a key, a click or a touch, and the page forgets the keys.");
  const said = h("p", { class: "progress", role: "status" });
  const error = h("div", { role: "alert" });
  const times = [...LOCK_TIMES.filter((seconds) => seconds <= limit && seconds !== lockAfter), lockAfter];
  const select = h(
    "select",
    { id: uniqueId("lock-after") },
    ...times
      .sort((one, other) => one - other)
      .map((seconds) => h("option", { value: seconds, selected: seconds === lockAfter }, capital(lockTime(seconds)))),
  );
  on(select, { change: () => void set() });

  async function set(): Promise<void> {
    said.textContent = "";
    const failed = await setLockAfter(Number(select.value));
    fill(error, failed === undefined ? undefined : h("p", { class: "error" }, failed));
    if (failed === undefined) said.textContent = `This page locks after ${lockTime(Number(select.value))} without use.`;
  }

  return h(
    "section",
    { class: "card", "aria-labelledby": title.id },
    title,
    lead,
    h("div", { class: "field" }, h("label", { for: select.id }, "Lock after"), select),
    error,
    said,
  );
}
