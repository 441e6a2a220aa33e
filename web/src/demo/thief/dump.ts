// Raw bytes made readable: windows around what is looked for, hex dumps, printable runs.

/** A stretch of a file around the places where something was found. */
export interface Window {
  readonly labels: readonly string[];
  readonly offset: number;
  readonly bytes: Buffer;
}

/** What to look for, and what to call it. */
export interface Needle {
  readonly label: string;
  readonly bytes: Buffer;
}

/** Bytes a line: as many as fit a quarter of a wide screen. */
const WIDTH = 8;
const BEFORE = 32;
const AFTER = 160;

/** One window per place, those that touch joined; a place that shows nothing new, such as an index entry, is left out. */
export function windows(bytes: Buffer, needles: readonly Needle[]): Window[] {
  const places = needles.flatMap(({ label, bytes: needle }) =>
    offsets(bytes, needle).map((offset) => ({ label, from: align(offset - BEFORE), to: offset + AFTER })),
  );
  places.sort((one, other) => one.from - other.from);
  const joined: { labels: Set<string>; from: number; to: number }[] = [];
  for (const { label, from, to } of places) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to) {
      last.labels.add(label);
      last.to = Math.max(last.to, to);
    } else joined.push({ labels: new Set([label]), from, to });
  }
  const shown = new Set<string>();
  return joined
    .filter(({ labels }) => {
      const news = [...labels].filter((label) => !shown.has(label));
      for (const label of news) shown.add(label);
      return news.length > 0;
    })
    .map(({ labels, from, to }) => ({ labels: [...labels], offset: from, bytes: bytes.subarray(from, align(to)) }));
}

/** Lines of offset, hex digits and printable characters. */
export function hexLines({ offset, bytes }: Window): { offset: string; hex: string; characters: string }[] {
  const lines = [];
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const row = bytes.subarray(at, at + WIDTH);
    lines.push({
      offset: (offset + at).toString(16).padStart(6, "0"),
      hex: [...row].map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
      characters: [...row].map((byte) => (printable(byte) ? String.fromCharCode(byte) : "·")).join(""),
    });
  }
  return lines;
}

/** Runs of printable characters of at least this length, each once. */
export function strings(bytes: Buffer, least: number): string[] {
  const found = new Set<string>();
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    if (at < bytes.length && printable(bytes[at] ?? 0)) continue;
    if (at - start >= least) found.add(bytes.toString("latin1", start, at));
    start = at + 1;
  }
  return [...found];
}

/** All places of a needle. */
export function offsets(bytes: Buffer, needle: Buffer): number[] {
  const found: number[] = [];
  if (needle.length === 0) return found;
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) found.push(at);
  return found;
}

function printable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

function align(offset: number): number {
  return Math.max(0, offset - (offset % WIDTH));
}
