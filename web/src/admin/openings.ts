// Earlier openings, one entry for what was opened together.

import type { PastOpening } from "./wire.ts";

export interface OpeningGroup {
  readonly purpose: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly fields: readonly { readonly kind: string; readonly index: number }[];
}

/** Newest first; neighbours with the same purpose and second were one request. `openings` come oldest first. */
export function grouped(openings: readonly PastOpening[]): readonly OpeningGroup[] {
  const groups: { purpose: string; at: string; fields: { kind: string; index: number }[] }[] = [];
  for (const { kind, index, purpose, at } of openings) {
    const last = groups.at(-1);
    const again = last?.fields.some((field) => field.kind === kind && field.index === index);
    if (last?.at === at && last.purpose === purpose && again === false) last.fields.push({ kind, index });
    else groups.push({ purpose, at, fields: [{ kind, index }] });
  }
  return groups.reverse();
}
