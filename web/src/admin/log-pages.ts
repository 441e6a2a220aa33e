// The audit log from its end backwards: a page at a time, with what is missing in its place.

import type { Log, LogEntry } from "./engine.ts";

/** Entries asked for at once; the vault gives at most 256. */
export const BATCH = 50;
/** Entries after which a page is full. */
const PAGE = 25;
/** Batches that are looked through for one page: after that, the person decides whether to go on. */
const BATCHES = 20;

/** An entry, or the place of one that was erased, or is held back. */
export type Logged = LogEntry & { readonly erased?: true };

export interface Page {
  /** Newest first. */
  readonly entries: readonly Logged[];
  /** Where the next page ends; 0 at the log's beginning. */
  readonly before: number;
}

/** Entries below number `before` that fit, newest first. */
export async function older(
  read: (first: number, count: number) => Promise<Log>,
  before: number,
  fits: (entry: Logged) => boolean,
): Promise<Page> {
  const found: Logged[] = [];
  let end = before;
  for (let batch = 0; batch < BATCHES && end > 0 && found.length < PAGE; batch += 1) {
    const first = Math.max(0, end - BATCH);
    const { entries } = await read(first, end - first);
    const given = new Map(entries.map((entry) => [entry.number, entry]));
    for (let number = end - 1; number >= first; number -= 1) {
      const entry: Logged = given.get(number) ?? { number, erased: true };
      if (fits(entry)) found.push(entry);
    }
    end = first;
  }
  return { entries: found, before: end };
}
