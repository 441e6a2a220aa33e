// The monitor's panel: what it said last, in words, by a sign and by a colour.

import { html, type Markup } from "../html.ts";
import type { ThiefConfig } from "./config.ts";
import type { Finding, Look, Status } from "./monitor.ts";

const SIGNS: Readonly<Record<Status, string>> = { OK: "✓", WARNING: "!", CRITICAL: "✕", UNKNOWN: "?" };

const MEANINGS: Readonly<Record<Status, string>> = {
  OK: "All is as it was signed.",
  WARNING: "Signed, and new: somebody has to know that it was to be.",
  CRITICAL: "This is not what was signed.",
  UNKNOWN: "Nobody knows: there was no answer.",
};

/** Addresses that are shown of one finding. */
const SHOWN = 3;

/** The same said of several addresses. */
interface Said extends Omit<Finding, "what"> {
  readonly where: readonly string[];
}

export function monitorPanel({ monitor }: ThiefConfig, { exit, report }: Look): Markup {
  const { status } = report;
  return html`<section class="monitor" id="monitor">
    <h2>What somebody elsewhere sees of it</h2>
    <p class="lead">A monitor that trusts none of these servers: <code>nightsafe-monitor check ${monitor.targets.join(" ")}</code>.
      It has the site’s trust anchor, and holds every byte and every header against what the site keys signed.</p>
    <div class="look ${status.toLowerCase()}" role="status">
      <p class="word"><span aria-hidden="true">${SIGNS[status]}</span> ${status}</p>
      <p>${MEANINGS[status]} Exit status ${exit}.</p>
      ${"problem" in report ? html`<p>${report.problem}</p>` : list(report.findings)}
    </div>
    ${"problem" in report ? "" : about(report)}
    <form method="post" action="/look"><button class="plain">Look now</button></form>
  </section>`;
}

function about({ at, seconds, site, release, visitors }: Exclude<Look["report"], { readonly problem: string }>): Markup {
  const of = release === null ? site : `${site}, release ${release.version}, number ${release.sequence}`;
  return html`<p class="about">${of}. Looked ${at.replace("T", " ").replace("Z", " UTC")}, as ${visitors.length} visitors, in
    ${seconds.toFixed(1)} seconds.</p>`;
}

function list(findings: readonly Finding[]): Markup | "" {
  return findings.length === 0 ? "" : html`<ul>${together(findings).map(item)}</ul>`;
}

/** Findings that differ in their address alone, in the order in which they came. */
export function together(findings: readonly Finding[]): Said[] {
  const said = new Map<string, Said>();
  for (const { what, ...finding } of findings) {
    const key = JSON.stringify([finding.verdict, finding.said, finding.only]);
    said.set(key, { ...finding, where: [...(said.get(key)?.where ?? []), what] });
  }
  return [...said.values()];
}

function item({ verdict, said, only, where }: Said): Markup {
  const more = where.length - SHOWN;
  const addresses = where.slice(0, SHOWN).map((address, index) => html`${index > 0 ? ", " : ""}<code>${address}</code>`);
  return html`<li><strong>${verdict}</strong> ${addresses}${more > 0 ? `, and ${more} more` : ""}${where.length > 1 ? ": " : " "}${said}${only.length > 0 ? ` (only as ${only.join(", ")})` : ""}</li>`;
}
