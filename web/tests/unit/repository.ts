// Files of the repository outside `web/`, wherever a test's bundle lies.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The text of a file, by its path from the repository's root. */
export function repositoryFile(path: string): string {
  return readFileSync(join(root(import.meta.dirname), path), "utf8");
}

/** The bytes of a file, by its path from the repository's root. */
export function repositoryBytes(path: string): Buffer {
  return readFileSync(join(root(import.meta.dirname), path));
}

function root(from: string): string {
  return existsSync(join(from, "docs/spec/envelope.md")) ? from : root(dirname(from));
}
