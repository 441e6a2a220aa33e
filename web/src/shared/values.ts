// What somebody else's values are, before anything is taken from them.

/** More than anybody types or pastes, and than there are inputs in a form. */
const TEXT_LIMIT = 1e6;

/** As the module takes it: 32 bits. */
export function isNumber(value: unknown): boolean {
  return (value as number) >>> 0 === value;
}

export function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= TEXT_LIMIT;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
