// The files of the data directory, as a thief would copy them.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

export interface LootFile {
  /** Relative to the data directory */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Published for everybody, so nothing to steal. */
const PUBLISHED: readonly string[] = ["site", "releases"];

/** Everything in the data directory except the published site. */
export function allFiles(data: string): LootFile[] {
  return walk(data, data);
}

/** The databases with their write-ahead logs. */
export function databases(data: string): LootFile[] {
  return allFiles(data).filter(({ name }) => /\.db(-wal)?$/.test(name));
}

function walk(root: string, folder: string): LootFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): LootFile[] => {
    const path = join(folder, entry.name);
    const name = relative(root, path);
    if (PUBLISHED.includes(name)) return [];
    if (entry.isDirectory()) return walk(root, path);
    return entry.isFile() ? [{ name, bytes: readFileSync(path) }] : [];
  });
}
