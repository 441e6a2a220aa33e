// The demo shop: a small server of its own that knows nothing of Nightsafe but a script tag and a receipt key.

import type { IncomingMessage } from "node:http";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { HttpError, headAsReceived, readConfig, ready, redirect, serve, type Answer } from "../http.ts";
import { checkoutPage, isMode, orderPage, policy, refusedPage } from "./pages.ts";
import { Orders, isReference, newReference } from "./orders.ts";
import { depositOf } from "./receipt.ts";
import type { ShopConfig } from "./config.ts";

const BODY_LIMIT = 64 * 1024;
const STATIC = /^\/static\/([a-z-]+\.(?:css|svg))$/;
const TYPES: Record<string, string> = { ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };

const config = readConfig<ShopConfig>();
const orders = new Orders(config.orders);

function handle(request: IncomingMessage, body: Buffer): Answer {
  const url = new URL(request.url ?? "/", "http://localhost");
  const route = `${request.method} ${url.pathname}`;
  if (route === "GET /") return redirect("/checkout");
  if (route === "GET /checkout") {
    const mode = url.searchParams.get("mode") ?? "mixed";
    if (!isMode(mode)) throw new HttpError(404, "There is no such checkout.");
    return answer(200, checkoutPage(config, mode, newReference()));
  }
  if (route === "POST /orders") return takeOrder(request, body);
  const [, reference] = /^GET \/orders\/([A-Z-]+)$/.exec(route) ?? [];
  const order = orders.find(reference ?? "");
  if (order) return answer(200, orderPage(config, order));
  const [, file] = STATIC.exec(url.pathname) ?? [];
  if (request.method === "GET" && file !== undefined) return asset(file);
  throw new HttpError(404, "There is no such page.");
}

/** Takes an order only with a receipt, which says that the sealed part is stored. */
function takeOrder(request: IncomingMessage, body: Buffer): Answer {
  const form = new URLSearchParams(body.toString("utf8"));
  const reference = form.get("reference") ?? "";
  try {
    if (!isReference(reference)) throw new Error("The order has no reference of this shop.");
    const receipt = form.get("nightsafe_receipt");
    if (receipt === null) throw new Error("The order came without a receipt: the payment details were not sealed.");
    const deposit = depositOf(receipt, config.receiptKey, config.site, reference);
    if (orders.find(reference) === undefined) {
      const delivery = form.get("delivery") === "express" ? "express" : "standard";
      orders.add({ reference, deposit, delivery, at: new Date().toISOString(), request: asReceived(request, body) });
    }
    return redirect(`/orders/${reference}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : "The receipt cannot be read.";
    return answer(422, refusedPage(config, why));
  }
}

function asReceived(request: IncomingMessage, body: Buffer): string {
  return `${headAsReceived(request)}\r\n\r\n${body.toString("utf8")}`;
}

function answer(status: number, body: string): Answer {
  return { status, headers: { "content-type": "text/html; charset=utf-8", ...policy(config) }, body };
}

function asset(file: string): Answer {
  const headers = { "content-type": TYPES[extname(file)] ?? "text/plain", "cache-control": "no-cache" };
  try {
    return { status: 200, headers, body: readFileSync(join(config.pages, file)) };
  } catch {
    throw new HttpError(404, "There is no such file.");
  }
}

ready([await serve(config.port, BODY_LIMIT, handle)]);
