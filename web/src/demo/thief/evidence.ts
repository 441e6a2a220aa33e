// Everything that the thief has of one order.

import { readOrders, type Order } from "../shop/orders.ts";
import { hexLines, strings, windows, type Needle } from "./dump.ts";
import { allFiles, databases, type LootFile } from "./files.ts";
import type { Place } from "./search.ts";
import type { Tap, Tapped } from "./tap.ts";
import { readDeposit, traces, type WireDeposit } from "./wire.ts";
import type { ThiefConfig } from "./config.ts";

export interface Evidence {
  readonly order: Order;
  readonly tapped: Tapped | undefined;
  readonly deposit: WireDeposit | undefined;
  readonly files: readonly DiskFile[];
}

/** A database file and the order's traces in it. */
export interface DiskFile {
  readonly name: string;
  readonly size: number;
  readonly windows: readonly { readonly labels: readonly string[]; readonly lines: ReturnType<typeof hexLines> }[];
  readonly strings: readonly string[];
}

/** Shorter runs turn up in any random bytes. */
const STRING_LENGTH = 8;
const STRINGS_PER_FILE = 60;

/** Of the latest order; `undefined` while there is none. */
export function evidence(config: ThiefConfig, tap: Tap): Evidence | undefined {
  const order = readOrders(config.orders).at(-1);
  if (order === undefined) return undefined;
  const tapped = tap.find(order.reference);
  const deposit = tapped && readDeposit(tapped.body);
  // Without the tap's record, after a restart, only what the shop knows can be looked for
  const needles = deposit ? traces(deposit) : tracesOf(order);
  return { order, tapped, deposit, files: databases(config.data).map((file) => onDisk(file, needles)) };
}

/** What the search goes through. */
export function places(config: ThiefConfig, { order, tapped }: Evidence): Place[] {
  const wire = tapped ? `${tapped.head}\r\n\r\n${tapped.body}\r\n\r\n${tapped.answer}` : "";
  const files = allFiles(config.data).map(({ name, bytes }) => ({ name: `file ${name}`, bytes }));
  return [
    { name: "the shop's request", bytes: Buffer.from(order.request) },
    { name: "the wire", bytes: Buffer.from(wire) },
    ...files,
  ];
}

function onDisk({ name, bytes }: LootFile, needles: readonly Needle[]): DiskFile {
  const found = windows(bytes, needles);
  const readable = found.flatMap((window) => strings(window.bytes, STRING_LENGTH));
  return {
    name,
    size: bytes.length,
    windows: found.map((window) => ({ labels: window.labels, lines: hexLines(window) })),
    strings: [...new Set(readable)].slice(0, STRINGS_PER_FILE),
  };
}

function tracesOf({ reference, deposit }: Order): Needle[] {
  return [
    { label: "reference", bytes: Buffer.from(reference) },
    { label: "deposit id", bytes: Buffer.from(deposit, "hex") },
    { label: "deposit id", bytes: Buffer.from(deposit) },
  ];
}
