// Pages from templates in www/: `{{name}}` is replaced by escaped text, or by markup made here.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Markup that was made safe already. */
export class Markup {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

export type Value = string | number | Markup | readonly (string | Markup)[];

/** Tagged template whose values are escaped, unless they are markup. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.reduce((all, part, index) => all + inserted(values[index - 1] ?? "") + part));
}

/** A template file filled in. Every placeholder must be given. */
export function page(folder: string, file: string, values: Readonly<Record<string, Value>>): string {
  const template = readFileSync(join(folder, file), "utf8");
  return template.replace(/\{\{([a-z_]+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file} wants {{${name}}}`);
    return inserted(value);
  });
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function inserted(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(inserted).join("");
  return escape(String(value));
}
