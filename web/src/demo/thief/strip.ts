// One security header taken out of what the server of the frame sends, as somebody with that server would, and put back.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface HeaderState {
  readonly name: string;
  /** Whether no answer has it any more */
  readonly stripped: boolean;
}

/** The one that keeps injected code from running. */
const NAME = "Content-Security-Policy";

/** Header name to value, by path; `*` is for every answer. */
type Headers = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function headerState(data: string): HeaderState {
  const served = JSON.parse(readFileSync(file(data), "utf8")) as Headers;
  return { name: NAME, stripped: Object.values(served).every((headers) => !(NAME in headers)) };
}

/** Takes the header away everywhere, or puts back what was signed. */
export function strip(data: string): void {
  const good = signed(data);
  const without = Object.entries(good).map(([path, { [NAME]: _, ...others }]) => [path, others] as const);
  const served = headerState(data).stripped ? good : Object.fromEntries(without);
  // In one step, because the server reads it with every request; and as another file, because the release before may be
  // the same one by a link
  const next = `${file(data)}.next`;
  writeFileSync(next, `${JSON.stringify(served, null, 2)}\n`);
  renameSync(next, file(data));
}

/** The headers of the release that is served. */
function signed(data: string): Headers {
  const release = JSON.parse(readFileSync(join(data, "site/site-release.json"), "utf8")) as {
    readonly origins: { readonly fields: string };
    readonly headers: Readonly<Record<string, Headers>>;
  };
  return release.headers[release.origins.fields] ?? {};
}

function file(data: string): string {
  return join(data, "site/fields-headers.json");
}
