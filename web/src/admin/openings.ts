// Earlier openings, one entry for what was opened together.

import type { PastOpening } from "./wire.ts";

export interface OpeningGroup {
  readonly purpose: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly fields: readonly { readonly kind: string; readonly index: number }[];
}

/** Newest first; what has the same purpose and second was one request. `openings` come oldest first. */
export function grouped(openings: readonly PastOpening[]): readonly OpeningGroup[] {
  const groups = new Map<string, { purpose: string; at: string; fields: { kind: string; index: number }[] }>();
  for (const { kind, index, purpose, at } of openings) {
    const key = `${at} ${purpose}`;
    const group = groups.get(key) ?? { purpose, at, fields: [] };
    group.fields.push({ kind, index });
    groups.set(key, group);
  }
  return [...groups.values()].reverse();
}
