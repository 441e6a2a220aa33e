// docs/ELEMENT.md against the code: events, attributes, properties of the look, and every code.

import assert from "node:assert/strict";
import { test } from "node:test";
import { THEME } from "../../src/shared/protocol.ts";
import { repositoryFile } from "./repository.ts";

const page = repositoryFile("docs/ELEMENT.md");

/** First cells of the tables under a heading; `nth` is the table's number there. */
function listed(heading: string, nth = 0): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const table = `\n${section}`.split(/\n\n(?=\|)/)[nth + 1] ?? "";
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell]) => cell as string).toSorted();
}

/** All that a pattern's first group finds in these files, each once. */
function found(pattern: RegExp, ...files: string[]): string[] {
  const all = files.map(repositoryFile).flatMap((text) => [...text.matchAll(pattern)].map(([, word]) => word as string));
  return [...new Set(all)].toSorted();
}

/** The codes of a Rust enum, from its `code()`. */
function codesOf(file: string): string[] {
  return found(/^ +Self::\w+(?:\(_\))? => "([a-z_]+)",$/gm, `crates/core/src/${file}`);
}

const FRAME = ["main", "load"].map((name) => `web/src/frame/${name}.ts`);
const WASM = ["checkout", "trust"].map((name) => `crates/checkout-wasm/src/${name}.rs`);
/** What the module says about one sealing. */
const OF_SEALING = ["malformed_reference", "no_manifest", "nothing_to_seal", "seal_failed"];

test("load codes", () => {
  const browser = found(/"((?:frame|message|document|module|manifest|timestamp|data_key)_[a-z]+)"/g, "web/src/element/link.ts", ...FRAME);
  const module = found(/"([a-z]+_[a-z_]+[a-z])"/g, ...WASM).filter((code) => !OF_SEALING.includes(code));
  const endings = codesOf("anchor/error.rs");
  const composed = (code: string): boolean => endings.some((ending) => /^(anchor|manifest|timestamp)_/.exec(code)?.[0] + ending === code);
  const own = [...new Set([...browser, ...module])].filter((code) => !composed(code));
  assert.deepEqual(listed("Load codes"), own.toSorted());
  assert.deepEqual(listed("Load codes", 1), endings);
});

test("error codes", () => {
  const module = found(/"([a-z]+_[a-z_]+[a-z])"/g, ...WASM).filter((code) => OF_SEALING.includes(code));
  assert.deepEqual(module, OF_SEALING);
  const ingest = found(/"((?:ingest|receipt)_[a-z]+)"/g, "web/src/frame/ingest.ts");
  const frame = found(/\? "([a-z]+)" : report/g, "web/src/frame/main.ts");
  const element = found(/(?:NightsafeError|#refuse)\("([a-z]+)"\)/g, "web/src/element/card.ts");
  assert.deepEqual(listed("Error codes"), [...module, ...ingest, ...frame, ...element].toSorted());
});

test("problem codes", () => {
  const unknown = found(/code: "([a-z_]+)"/g, "crates/checkout-wasm/src/entries.rs");
  assert.deepEqual(listed("Problem codes"), [...codesOf("rule/error.rs"), ...unknown].toSorted());
});

test("events, attributes and properties of the look", () => {
  assert.deepEqual(listed("Events"), found(/#tell\("([a-z]+)"/g, "web/src/element/card.ts"));
  const attributes = found(/getAttribute\("([a-z]+)"\)/g, "web/src/element/card.ts", "web/src/element/look.ts");
  assert.deepEqual(listed("Attributes"), [...attributes, "disabled"].toSorted());
  assert.deepEqual(listed("Looks"), THEME.map((name) => `--nightsafe-${name}`).toSorted());
  for (const brand of codesOf("rule/card.rs")) assert.ok(page.includes(`\`${brand}\``), brand);
});
