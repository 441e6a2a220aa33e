// Nightsafe as its frame uses it: the WASM by its hash, manifest and timestamp fetched and verified, then a deposit.

import { put, seal, start as startCheckout } from "#checkout-wasm";
import { readAddresses } from "../../src/frame/anchor.ts";
import { fetchNotes, seconds, startModule, verify } from "../../src/frame/load.ts";
import { EXPIRY } from "../numbers.ts";
import { start } from "./harness.ts";

/** What the page is given: what the site's build writes into the loader, and the page that would embed the frame. */
export interface Material {
  readonly anchor: string;
  readonly parent: string;
}

/** The shop's reference of every deposit. */
export const REFERENCE = "bench";

start(async (material) => {
  const { anchor, parent } = JSON.parse(material) as Material;
  const addresses = readAddresses(anchor);
  if (!addresses) throw new Error("the anchor cannot be read");
  const [, notes] = await Promise.all([startModule(addresses, false), fetchNotes(addresses)]);
  startCheckout(anchor, parent);
  await verify(notes);

  const deposit = (numbers: readonly string[]): string => {
    numbers.forEach((number, index) => {
      put("card.number", index, number);
      put("card.expiry", index, EXPIRY);
    });
    return seal(REFERENCE, seconds());
  };
  return {
    one: (number) => deposit([number]),
    many: (numbers) => [deposit(numbers)],
  };
});
