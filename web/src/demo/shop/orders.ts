// The shop's order book: one JSON line per order, with the request exactly as it came.

import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";

/** What the shop knows of an order. */
export interface Order {
  readonly reference: string;
  readonly deposit: string;
  readonly delivery: string;
  readonly at: string;
  /** Request line, headers and body as received */
  readonly request: string;
}

/** Without vowels and look-alikes: no words, and nothing that could pass for a card number. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const REFERENCE = /^OE-[B-Z]{4}-[B-Z]{4}$/;

export function newReference(): string {
  const letters = [...randomBytes(8)].map((byte) => LETTERS[byte % LETTERS.length]).join("");
  return `OE-${letters.slice(0, 4)}-${letters.slice(4)}`;
}

export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

export class Orders {
  readonly #path: string;
  readonly #orders = new Map<string, Order>();

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    for (const order of readOrders(path)) this.#orders.set(order.reference, order);
  }

  find(reference: string): Order | undefined {
    return this.#orders.get(reference);
  }

  add(order: Order): void {
    appendFileSync(this.#path, `${JSON.stringify(order)}\n`);
    this.#orders.set(order.reference, order);
  }
}

/** All orders in the file, oldest first. */
export function readOrders(path: string): Order[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Order);
}
