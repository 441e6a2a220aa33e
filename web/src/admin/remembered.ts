// What this browser remembers between sign-ins: where the roster and the audit log ended that it verified last, so that a
// vault cannot show yesterday's, or another. Numbers and hashes beside the public site keys that they stand under; the only
// thing that is ever kept.

import type { Config } from "./config.ts";

const KEYS = { roster: "nightsafe-roster", log: "nightsafe-log" } as const;

export interface Memory {
  read(of: keyof typeof KEYS): string;
  write(of: keyof typeof KEYS, place: string): void;
}

/** A browser that keeps nothing, a private window for example, is no reason not to work. */
export function browserMemory({ anchor }: Pick<Config, "anchor">): Memory {
  // A site that was made anew at this address has other site keys, and a roster of its own
  const owner = anchor.split("\n").filter((line) => /^site(?:-key)? /.test(line)).join("\n");
  return {
    read(of) {
      try {
        const [place = "", ...keys] = (localStorage.getItem(KEYS[of]) ?? "").split("\n");
        return keys.join("\n") === owner ? place : "";
      } catch {
        return "";
      }
    },
    write(of, place) {
      try {
        localStorage.setItem(KEYS[of], `${place}\n${owner}`);
      } catch {
        // then the next sign-in starts from the site keys alone, as the first one did
      }
    },
  };
}
