// Deterministic CBOR (RFC 8949 section 4.2.1), as much of it as the formats use.

export type Item = number | string | Uint8Array | readonly Item[] | { readonly [key: string]: string };

export function cbor(item: Item): Buffer {
  if (typeof item === "number") return head(0, item);
  if (typeof item === "string") return sized(3, Buffer.from(item, "utf8"));
  if (item instanceof Uint8Array) return sized(2, Buffer.from(item));
  if (isList(item)) return Buffer.concat([head(4, item.length), ...item.map(cbor)]);
  const entries = Object.entries(item).map(([key, value]) => [cbor(key), cbor(value)] as const);
  entries.sort(([a], [b]) => Buffer.compare(a, b)); // of encodings: the shorter key comes first
  return Buffer.concat([head(5, entries.length), ...entries.flat()]);
}

function isList(item: Item): item is readonly Item[] {
  return Array.isArray(item);
}

function sized(major: number, bytes: Buffer): Buffer {
  return Buffer.concat([head(major, bytes.length), bytes]);
}

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 0x100) return Buffer.from([(major << 5) | 24, value]);
  if (value < 0x1_0000) return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
  throw new RangeError("longer than any item of these formats");
}
