// Card numbers to seal: 16 digits of a range that schemes keep for tests, with the check digit that our policy asks for.

/** The number of that index, from 0 on. */
export function numberOf(index: number): string {
  const body = `411111${String(index).padStart(9, "0")}`;
  const sum = [...body].reduce((sum, digit, place) => sum + (place % 2 === 0 ? doubled(Number(digit)) : Number(digit)), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** As many as one deposit may hold. */
export const MANY: readonly string[] = Array.from({ length: 32 }, (_, index) => numberOf(index));

/** What is sealed first. */
export const FIRST = numberOf(424242);

/** Entered along with each number into Nightsafe's card field. */
export const EXPIRY = "12/39";

/** The Luhn algorithm doubles every other digit. */
function doubled(digit: number): number {
  return digit < 5 ? digit * 2 : digit * 2 - 9;
}
