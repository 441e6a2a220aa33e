// Reads a QR code of version 3, level Q, alphanumeric (ISO/IEC 18004), as a camera's program does, without correcting errors: what
// is drawn is held against the text beside it by other code than the one that drew it.

const SIZE = 29;
/** Two blocks of 17 data bytes and 18 for errors. */
const BLOCKS = 2;
const DATA = 17;
const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

type Module = (x: number, y: number) => boolean;

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

export function readQr(dark: Module): string {
  // Five bits beside the first corner, most significant first: level, mask; hidden under a fixed pattern
  const format = [0, 1, 2, 3, 4].reduce((bits, x) => bits * 2 + Number(dark(x, 8)), 0) ^ 0b10101;
  if (format >> 3 !== 0b11) throw new Error("not level Q");
  const mask = MASKS[format & 7];
  if (mask === undefined) throw new Error("no mask");
  const bytes = codewords((x, y) => dark(x, y) !== mask(x, y));
  const data = Array.from({ length: BLOCKS * DATA }, (_, at) => bytes[(at % DATA) * BLOCKS + Math.floor(at / DATA)] ?? 0);
  return text(data.map((byte) => byte.toString(2).padStart(8, "0")).join(""));
}

/** Two columns at a time from the right, up and down in turn, leaving out what is no data. */
function codewords(dark: Module): readonly number[] {
  let bits = "";
  let upwards = true;
  for (let right = SIZE - 1; right > 0; right -= 2) {
    if (right === 6) right -= 1;
    for (let step = 0; step < SIZE; step += 1) {
      const y = upwards ? SIZE - 1 - step : step;
      for (const x of [right, right - 1]) if (!isFunction(x, y)) bits += dark(x, y) ? "1" : "0";
    }
    upwards = !upwards;
  }
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}

/** Corners with their formats, timing lines, the one alignment pattern. */
function isFunction(x: number, y: number): boolean {
  const corner = (x < 9 && y < 9) || (x < 9 && y >= SIZE - 8) || (x >= SIZE - 8 && y < 9);
  return corner || x === 6 || y === 6 || (Math.abs(x - 22) <= 2 && Math.abs(y - 22) <= 2);
}

function text(bits: string): string {
  const number = (from: number, length: number): number => Number.parseInt(bits.slice(from, from + length), 2);
  if (number(0, 4) !== 0b0010) throw new Error("not alphanumeric");
  const length = number(4, 9);
  let at = 13;
  let found = "";
  while (length - found.length >= 2) {
    const pair = number(at, 11);
    found += `${ALPHANUMERIC.charAt(Math.floor(pair / 45))}${ALPHANUMERIC.charAt(pair % 45)}`;
    at += 11;
  }
  return length > found.length ? found + ALPHANUMERIC.charAt(number(at, 6)) : found;
}
