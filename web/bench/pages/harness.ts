// What the three pages share: the clock, the loop, and the way in for the bench. Each page brings its `Sealer`.

import { FIRST, MANY } from "../numbers.ts";

/** Bytes, or JSON as it would be posted. */
export type Sealed = Uint8Array | string;

export interface Sealer {
  /** Seals one number. */
  readonly one: (number: string) => Sealed | Promise<Sealed>;
  /** Seals these numbers, each for itself. */
  readonly many: (numbers: readonly string[]) => readonly Sealed[] | Promise<readonly Sealed[]>;
}

export interface First {
  /** From the navigation's start to the sealed number, in milliseconds. */
  readonly milliseconds: number;
  /** JSON, or base64 of bytes. */
  readonly sealed: string;
}

export interface Repeated {
  /** Per number, in milliseconds. */
  readonly milliseconds: number;
  /** What the last round sealed. */
  readonly sealed: readonly string[];
}

declare global {
  // The bench asks for these with `page.evaluate`
  var bench: {
    readonly first: Promise<First>;
    /** Seals for so many milliseconds uncounted, then for so many counted. */
    readonly repeat: (warmUp: number, counted: number) => Promise<Repeated>;
  };
}

/** Loads at once and seals the first number as soon as that is possible. */
export function start(load: (material: string) => Promise<Sealer>): void {
  const material = document.querySelector<HTMLMetaElement>("meta[name=material]")?.content ?? "";
  const loaded = load(material);
  const first = loaded.then(async (sealer) => {
    const sealed = await sealer.one(FIRST);
    return { milliseconds: performance.now(), sealed: textOf(sealed) };
  });
  const repeat = async (warmUp: number, counted: number): Promise<Repeated> => {
    const sealer = await loaded;
    await rounds(sealer, warmUp);
    return rounds(sealer, counted);
  };
  first.catch(() => {}); // the bench hears of it when it asks
  globalThis.bench = { first, repeat };
}

/** Whole rounds until the time is up, at least one. */
async function rounds(sealer: Sealer, milliseconds: number): Promise<Repeated> {
  const start = performance.now();
  for (let count = 1; ; count++) {
    const sealed = await sealer.many(MANY);
    const taken = performance.now() - start;
    if (taken >= milliseconds) {
      return { milliseconds: taken / (count * MANY.length), sealed: sealed.map(textOf) };
    }
  }
}

function textOf(sealed: Sealed): string {
  return typeof sealed === "string" ? sealed : btoa(String.fromCharCode(...sealed));
}
