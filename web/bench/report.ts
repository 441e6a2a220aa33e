// Numbers of all runs, summed up; as a table or as one line of JSON.

import { cpus } from "node:os";
import type { Contestant } from "./contestants.ts";

/** Milliseconds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What one visit to a page gave. */
export interface Visit {
  /** From navigation to the first sealed number. */
  readonly first: number;
  /** Per number, when warm. */
  readonly seal: number;
}

export interface Report {
  readonly bench: "seal";
  readonly runs: number;
  /** The browser's version. */
  readonly chromium: string;
  readonly cores: number;
  /** How Nightsafe's time per seal is counted. */
  readonly note: string;
  readonly contestants: Readonly<Record<Contestant["name"], Summary>>;
  /** Medians over the runs of the other's time divided by Nightsafe's. */
  readonly ratios: {
    readonly first_libsodium: number;
    readonly first_js_xwing: number;
    readonly seal_libsodium: number;
    readonly seal_js_xwing: number;
  };
  /** Everything that was sealed in the first and last round of every visit was opened again. */
  readonly opened: true;
}

interface Summary {
  readonly bytes: number;
  readonly first_ms: Spread;
  readonly seal_ms: Spread;
}

const NOTE =
  "nightsafe per seal: a deposit of 32 cards through the frame's bindings, divided by the 32 numbers: the locator, a 33rd envelope, is in the time; " +
  "the others seal 16 bytes a message";

export function reportOf(chromium: string, all: readonly (readonly [Contestant, readonly Visit[]])[]): Report {
  const summaries = all.map(([{ name, bytes }, visits]) => {
    const of = (what: keyof Visit): Spread => spread(visits.map((visit) => visit[what]));
    return [name, { bytes, first_ms: of("first"), seal_ms: of("seal") }] as const;
  });
  const visitsOf = (name: Contestant["name"]): readonly Visit[] => all.find(([each]) => each.name === name)?.[1] ?? [];
  const ours = visitsOf("nightsafe");
  // Of pairs of one run: a drift of the machine's speed meets both
  const ratio = (name: Contestant["name"], what: keyof Visit): number =>
    spread(visitsOf(name).map((visit, run) => visit[what] / (ours[run]?.[what] ?? Number.NaN))).median;
  return {
    bench: "seal",
    runs: ours.length,
    chromium,
    cores: cpus().length,
    note: NOTE,
    contestants: Object.fromEntries(summaries) as Report["contestants"],
    ratios: {
      first_libsodium: ratio("libsodium", "first"),
      first_js_xwing: ratio("js_xwing", "first"),
      seal_libsodium: ratio("libsodium", "seal"),
      seal_js_xwing: ratio("js_xwing", "seal"),
    },
    opened: true,
  };
}

export function tableOf({ contestants, ratios, runs, chromium, cores, note }: Report, all: readonly Contestant[]): string {
  const cells = (values: readonly string[]): string => values.map((value) => value.padStart(20)).join("");
  const shown = ({ median, min, max }: Spread, digits: number): string =>
    `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  const rows = all.map(({ name, title }) => {
    const { first_ms, seal_ms, bytes } = contestants[name];
    return title.padEnd(46) + cells([shown(first_ms, 1), shown(seal_ms, 3), (bytes / 1000).toFixed(1)]);
  });
  return [
    `${runs} runs in Chromium ${chromium} on ${cores} cores; median (min–max)`,
    "",
    " ".repeat(46) + cells(["first seal, ms", "per seal, ms", "page, KB brotli"]),
    ...rows,
    "",
    `first seal: libsodium takes ${ratios.first_libsodium.toFixed(2)} times as long as Nightsafe, JavaScript X-Wing ${ratios.first_js_xwing.toFixed(2)} times`,
    `per seal:   JavaScript X-Wing takes ${ratios.seal_js_xwing.toFixed(2)} times as long as Nightsafe, libsodium (no post-quantum part) ${ratios.seal_libsodium.toFixed(2)} times`,
    note,
    "",
  ].join("\n");
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => rounded(sorted[index] ?? Number.NaN);
  const middle = (sorted.length - 1) / 2;
  const median = rounded(((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2);
  return { median, min: at(0), max: at(sorted.length - 1) };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
