// Reading JSON whose sender is not trusted to keep to its shape: small readers, one result or one error.

/** The answer did not have the shape that the API promises. Holds the place, never the content. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  constructor(readonly place: string) {
    super(`unexpected shape at ${place}`);
  }
}

/** Reads a value found at `place`, or throws `ShapeError`. */
export type Reader<T> = (value: unknown, place: string) => T;

export const text: Reader<string> = (value, place) => {
  if (typeof value !== "string") throw new ShapeError(place);
  return value;
};

export const count: Reader<number> = (value, place) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new ShapeError(place);
  return value;
};

export const integer: Reader<number> = (value, place) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new ShapeError(place);
  return value;
};

export const flag: Reader<boolean> = (value, place) => {
  if (typeof value !== "boolean") throw new ShapeError(place);
  return value;
};

/** A text that matches `pattern` as a whole. */
export function matching(pattern: RegExp): Reader<string> {
  return (value, place) => {
    const found = text(value, place);
    if (!pattern.test(found)) throw new ShapeError(place);
    return found;
  };
}

/** An array of at most `most` items. */
export function list<T>(item: Reader<T>, most: number): Reader<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value) || value.length > most) throw new ShapeError(place);
    return value.map((entry: unknown, index) => item(entry, `${place}[${index}]`));
  };
}

/** An object used as a map from text to `item`. */
export function mapOf<T>(item: Reader<T>): Reader<ReadonlyMap<string, T>> {
  return (value, place) =>
    new Map(Object.entries(object(value, place)).map(([key, entry]) => [key, item(entry, `${place}.${key}`)]));
}

/** An absent or null member. */
export function optional<T>(item: Reader<T>): Reader<T | undefined> {
  return (value, place) => (value === undefined || value === null ? undefined : item(value, place));
}

/** An object with these members; further members are ignored, so that the vault can be newer than this page. */
export function shape<T extends object>(members: { readonly [K in keyof T]: Reader<T[K]> }): Reader<T> {
  return (value, place) => {
    const source = object(value, place);
    const entries = Object.entries<Reader<unknown>>(members).map(([key, read]) => [
      key,
      read(source[key], `${place}.${key}`),
    ]);
    return Object.fromEntries(entries) as T;
  };
}

function object(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ShapeError(place);
  return value as Record<string, unknown>;
}
