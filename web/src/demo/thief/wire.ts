// Reading a deposit as it crossed the wire.

import type { Needle } from "./dump.ts";

export interface WireField {
  readonly tag: string;
  readonly kind: string;
  readonly expires: string;
  readonly envelope: string;
}

/** The deposit's JSON, as far as the page shows it. */
export interface WireDeposit {
  readonly id: string;
  readonly reference: string;
  readonly facets: Readonly<Record<string, string>>;
  readonly locator: string;
  readonly fields: readonly WireField[];
}

/** `undefined` when the body is not a deposit. */
export function readDeposit(body: string): WireDeposit | undefined {
  try {
    const deposit = JSON.parse(body) as WireDeposit;
    return Array.isArray(deposit.fields) && typeof deposit.id === "string" ? deposit : undefined;
  } catch {
    return undefined;
  }
}

const START = 24;

/** What the deposit's rows must look like in a database file, as bytes and as text. */
export function traces(deposit: WireDeposit): Needle[] {
  const start = (sealed: string): Buffer => Buffer.from(sealed, "base64url").subarray(0, START);
  return [
    { label: "deposit id", bytes: Buffer.from(deposit.id, "hex") },
    { label: "deposit id", bytes: Buffer.from(deposit.id) },
    { label: "reference", bytes: Buffer.from(deposit.reference) },
    { label: "sealed locator", bytes: start(deposit.locator) },
    ...deposit.fields.flatMap(({ tag, kind, envelope }) => [
      { label: `tag of ${kind}`, bytes: Buffer.from(tag, "hex") },
      { label: `sealed ${kind}`, bytes: start(envelope) },
    ]),
  ];
}
