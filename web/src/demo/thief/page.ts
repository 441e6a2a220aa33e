// The thief page's markup, around the template in www/thief.

import { html, page, type Markup } from "../html.ts";
import type { ThiefConfig } from "./config.ts";
import type { Evidence } from "./evidence.ts";
import { SHORTEST } from "./forms.ts";
import type { Opened } from "./opening.ts";
import { adminPanel, diskPanel, shopPanel, wirePanel } from "./panels.ts";
import type { Look } from "./monitor.ts";
import type { Hit } from "./search.ts";
import type { HeaderState } from "./strip.ts";
import type { WasmState } from "./tamper.ts";
import { monitorPanel } from "./verdict.ts";

/** Shown once, as the answer to a button. */
export interface Shown {
  readonly opened?: { readonly deposits: readonly Opened[] } | { readonly problem: string };
  readonly searched?: {
    readonly text: string;
    readonly places: number;
    readonly bytes: number;
    readonly hits: readonly Hit[];
  };
}

export interface State {
  readonly wasm: WasmState;
  readonly header: HeaderState;
  readonly cut: boolean;
  readonly look: Look;
}

export function thiefPage(config: ThiefConfig, found: Evidence | undefined, state: State, shown: Shown): string {
  return page(config.pages, "index.html", {
    headline: found ? headline(found) : html`No order yet. <a href="${config.shop}">Buy something</a>, then look again.`,
    panels: found ? [shopPanel(found), wirePanel(found), diskPanel(found), adminPanel(shown.opened)] : "",
    search: found ? searchForm(shown.searched) : "",
    tamper: tamper(config, state),
    monitor: monitorPanel(config, state.look),
  });
}

function headline({ order }: Evidence): Markup {
  const at = order.at.replace("T", " ").slice(0, 19);
  return html`Latest order: <strong>${order.reference}</strong>, ${at} UTC. <a href="/">Look again</a>`;
}

function searchForm(searched: Shown["searched"]): Markup {
  return html`<section class="search" id="search">
    <h2>Is what I typed in there?</h2>
    <form method="post" action="/search#search">
      <label for="text">A card number, a street, a phone number: anything from the checkout</label>
      <p><input id="text" name="text" autocomplete="off" required minlength="${SHORTEST}" value="${searched?.text ?? ""}">
        <button>Search all of the loot</button></p>
    </form>
    ${searched ? searchResult(searched) : ""}
  </section>`;
}

function searchResult({ places, bytes, hits }: NonNullable<Shown["searched"]>): Markup {
  const where = `${bytes.toLocaleString("en")} bytes in ${places} places`;
  if (hits.length === 0) {
    return html`<p class="verdict good" role="status">Not found in ${where}: not as typed, not with other separators, not in
      base64, hex, URL encoding or UTF-16.</p>`;
  }
  const rows = hits.map(({ place, form, count }) => html`<li>${place}: ${count} × ${form}</li>`);
  return html`<div class="verdict found" role="status"><p>Found, among ${where}:</p><ul>${rows}</ul>
    <p>Card brand, last four digits, expiry month, postal code and country stay readable, so that staff can find an order.
      The shop's policy decides which.</p></div>`;
}

function tamper({ shop }: ThiefConfig, { wasm, header, cut }: State): Markup {
  const byte = `0x${wasm.byte.toString(16).padStart(2, "0")}`;
  const status = wasm.genuine
    ? html`<p>Byte ${wasm.offset} of <code>${wasm.file}</code> is <code>${byte}</code>, as published.</p>`
    : html`<p class="verdict found" role="status">Byte ${wasm.offset} of <code>${wasm.file}</code> is <code>${byte}</code>:
        <strong>changed</strong>. Now <a href="${shop}/checkout">try to buy something</a>: the checkout refuses, and says why.</p>`;
  const policy = header.stripped
    ? html`<p class="verdict found" role="status">The header <code>${header.name}</code> is <strong>gone</strong>. The checkout works as
        before, and no browser complains.</p>`
    : html`<p>The header <code>${header.name}</code> is sent as published.</p>`;
  const wire = cut
    ? html`<p class="verdict found" role="status">The wire to ingest is <strong>cut</strong>: orders wait, and go through once it is mended.</p>`
    : html`<p>The wire to ingest is whole.</p>`;
  return html`${status}
    <form method="post" action="/flip"><button>${wasm.genuine ? "Flip one bit of the WASM" : "Put the byte back"}</button></form>
    ${policy}
    <form method="post" action="/strip"><button>${header.stripped ? "Put the header back" : `Strip ${header.name}`}</button></form>
    ${wire}
    <form method="post" action="/wire"><button name="cut" value="${cut ? "no" : "yes"}">${cut ? "Mend the wire" : "Cut the wire"}</button></form>`;
}
