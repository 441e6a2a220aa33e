// The four panels: the same order as four parties see it.

import { html, type Markup } from "../html.ts";
import type { DiskFile, Evidence } from "./evidence.ts";
import type { Opened } from "./opening.ts";
import type { Shown } from "./page.ts";

/** 1: the shop's server, which a thief may own completely. */
export function shopPanel({ order }: Evidence): Markup {
  const [head = "", body = ""] = order.request.split("\r\n\r\n");
  const fields = [...new URLSearchParams(body)].map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return panel(
    "shop",
    "The shop’s server",
    "Everything that its form received. No card, no address: only a receipt for something sealed elsewhere.",
    html`<table><caption>The form’s fields</caption><tbody>${fields}</tbody></table>
      ${more("The request, byte for byte", html`<pre tabindex="0">${head}\n\n${body}</pre>`)}`,
  );
}

/** 2: the connection to ingest, below TLS. */
export function wirePanel({ tapped, deposit }: Evidence): Markup {
  if (!tapped || !deposit) {
    return panel("wire", "The wire", "The tap keeps its catch in memory, and this order is from before its last start.", html``);
  }
  const facets = Object.entries(deposit.facets).map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  const sealed = deposit.fields.map(
    ({ kind, envelope, tag }) =>
      html`<tr><th scope="row">${kind}</th><td>${bytesOf(envelope)} sealed bytes, tag <code>${tag.slice(0, 12)}…</code></td></tr>`,
  );
  return panel(
    "wire",
    "The wire to ingest",
    "What the browser posted, with the encryption of the connection taken off.",
    html`<table><caption>Readable on purpose</caption><tbody><tr><th scope="row">reference</th><td>${deposit.reference}</td></tr>${facets}</tbody></table>
      <table><caption>Sealed in the browser</caption><tbody>${sealed}<tr><th scope="row">locator</th><td>${bytesOf(deposit.locator)} sealed bytes</td></tr></tbody></table>
      ${more("The request, byte for byte", html`<pre tabindex="0">${tapped.head}\n\n${tapped.body}</pre>`)}
      ${more(`The answer (${tapped.status})`, html`<pre tabindex="0">${tapped.answer}</pre>`)}`,
  );
}

/** 3: a copy of the disk. */
export function diskPanel({ files }: Evidence): Markup {
  return panel(
    "disk",
    "The database files",
    "A copy of the disk, read raw. These are the places where this order’s bytes lie.",
    html`${files.map(diskFile)}`,
  );
}

/** 4: somebody with the key. */
export function adminPanel(opened: Shown["opened"]): Markup {
  const button = html`<form method="post" action="/open#admin"><button class="key">Open with the admin’s passphrase</button></form>`;
  const content =
    opened === undefined
      ? html`<p>The same bytes, and the one thing that the thief does not have. The demo keeps the passphrase in a file of its
          own, outside the data directory, so that this button can show the difference.</p>${button}`
      : "problem" in opened
        ? html`<p class="verdict found" role="alert">${opened.problem}</p>${button}`
        : html`<p>Opened on this machine, for your eyes; gone when you leave the page.</p>${opened.deposits.map(openedDeposit)}<p><a href="/#admin">Close</a></p>`;
  return panel("admin", "The admin, with the key", "What the person sees who may open it.", content);
}

function panel(id: string, title: string, lead: string, content: Markup): Markup {
  return html`<section class="panel" id="${id}"><h2>${title}</h2><p class="lead">${lead}</p>${content}</section>`;
}

function diskFile({ name, size, windows, strings }: DiskFile): Markup {
  const heading = html`<h3>${name} <small>${size.toLocaleString("en")} bytes</small></h3>`;
  if (windows.length === 0) return html`${heading}<p>No trace of this order.</p>`;
  const dumps = windows.map(
    ({ labels, lines }) => html`<figure><figcaption>${labels.join(", ")}</figcaption>
      <pre class="dump" tabindex="0">${lines.map(({ offset, hex, characters }) => html`<i>${offset}</i>  ${hex.padEnd(23)}  <b>${characters}</b>\n`)}</pre></figure>`,
  );
  const readable = strings.map((text) => html`<li><code>${text}</code></li>`);
  return html`${heading}
    ${strings.length === 0 ? html`<p>No readable text around it.</p>` : html`<p>Readable text around it:</p><ul class="strings">${readable}</ul>`}
    ${more(`${windows.length} ${windows.length === 1 ? "place" : "places"} in hex`, html`${dumps}`)}`;
}

function more(title: string, content: Markup): Markup {
  return html`<details><summary>${title}</summary>${content}</details>`;
}

function openedDeposit({ day, fields, differences }: Opened): Markup {
  const tables = fields.map(({ kind, value }) => {
    const rows = Object.entries(value).map(([part, text]) => html`<tr><th scope="row">${part}</th><td>${text}</td></tr>`);
    return html`<table><caption>${kind}</caption><tbody>${rows}</tbody></table>`;
  });
  const named = differences.map(({ code, kind, facet }) => html`<li>${[code, kind, facet].filter((word) => word !== null).join(" ")}</li>`);
  return html`${tables}
    ${named.length === 0 ? html`<p class="verdict good">Nothing was changed, swapped or left out since the shopper sealed it, on ${day}.</p>` : html`<div class="verdict found"><p>Changed since it was sealed:</p><ul>${named}</ul></div>`}`;
}

function bytesOf(base64url: string): string {
  return Math.floor((base64url.length * 3) / 4).toLocaleString("en");
}
