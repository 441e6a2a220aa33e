// The shop's pages, from the templates in www/shop.

import { Markup, html, page } from "../html.ts";
import { COUNTRIES } from "./countries.ts";
import type { ShopConfig } from "./config.ts";
import type { Order } from "./orders.ts";

/**
 * Where card and address are typed: `hosted`, the card in the frame and nothing else; `inline`, all in the shop's own
 * page; `mixed`, the card in the frame and the address in the page.
 */
export type Mode = "hosted" | "inline" | "mixed";

export function isMode(text: string): text is Mode {
  return text === "hosted" || text === "inline" || text === "mixed";
}

/** Headers of every page. Neither WASM nor inline code is allowed: sealing happens in the frame. */
export function policy({ element, fields }: ShopConfig): Record<string, string> {
  const [hash] = element.integrity.split(" ");
  const csp = [
    "default-src 'none'",
    `script-src '${hash}' ${element.src}`,
    "style-src 'self'",
    "img-src 'self'",
    `frame-src ${fields}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    "content-security-policy": csp.join("; "),
    "integrity-policy": "blocked-destinations=(script)",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
  };
}

export function checkoutPage(config: ShopConfig, mode: Mode, reference: string): string {
  return page(config.pages, "checkout.html", {
    reference,
    element: scriptTag(config),
    contact: mode === "hosted" ? "" : part(config, "contact.html", { countries: options() }),
    payment: part(config, mode === "inline" ? "card-inline.html" : "card-frame.html", { reference }),
  });
}

export function orderPage(config: ShopConfig, order: Order): string {
  const express = order.delivery === "express";
  return page(config.pages, "order.html", {
    reference: order.reference,
    deposit: order.deposit,
    delivery: express ? "Express, arrives tomorrow" : "Standard, two to three days",
    total: express ? "€ 100.40" : "€ 95.50",
  });
}

export function refusedPage(config: ShopConfig, why: string): string {
  return page(config.pages, "refused.html", { why });
}

/** The tag that `nightsafe snippet` prints. */
function scriptTag({ element }: ShopConfig): Markup {
  return html`<script type="module" src="${element.src}" integrity="${element.integrity}" crossorigin="anonymous"></script>`;
}

function part(config: ShopConfig, file: string, values: Record<string, string | Markup>): Markup {
  return new Markup(page(config.pages, file, values));
}

function options(): Markup {
  return html`${COUNTRIES.map(([code, name]) => html`<option value="${code}">${name}</option>`)}`;
}
