// What a tab keeps to itself while somebody is signed in: its half of what unlocks the keys, and which deposit was on
// screen. It goes with the tab, with a lock, and with sign-out; without session row and cookie it opens nothing
// (docs/spec/session.md).

const HALF = "nightsafe-tab";
const PLACE = "nightsafe-place";

/** Enough to find a deposit again: what the shop calls it, and its id. */
export interface DepositPlace {
  readonly deposit_id: string;
  readonly reference: string;
}

export interface TabMemory {
  half(): string | undefined;
  place(): DepositPlace | undefined;
  /** A new session begins: nothing of an earlier one is left. */
  begin(half: string): void;
  setPlace(place: DepositPlace | undefined): void;
  clear(): void;
}

/** A browser that keeps nothing, a private window for example, asks for the passphrase after a reload. */
export function tabMemory(storage: () => Storage): TabMemory {
  const read = (key: string): string | undefined => tried(() => storage().getItem(key)) ?? undefined;
  const write = (key: string, value: string | undefined): void =>
    tried(() => (value === undefined ? storage().removeItem(key) : storage().setItem(key, value)));
  return {
    half: () => read(HALF),
    place() {
      const [, deposit_id, reference] = /^([0-9a-f]{64}) (.+)$/.exec(read(PLACE) ?? "") ?? [];
      return deposit_id === undefined || reference === undefined ? undefined : { deposit_id, reference };
    },
    begin(half) {
      write(PLACE, undefined);
      write(HALF, half);
    },
    setPlace: (place) => write(PLACE, place && `${place.deposit_id} ${place.reference}`),
    clear() {
      write(HALF, undefined);
      write(PLACE, undefined);
    },
  };
}

function tried<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
