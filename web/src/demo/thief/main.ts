// The thief page, and the wire tap that it shows the catch of.

import type { IncomingMessage } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HttpError, readConfig, ready, redirect, serve, type Answer } from "../http.ts";
import type { ThiefConfig } from "./config.ts";
import { evidence, places } from "./evidence.ts";
import { Monitor } from "./monitor.ts";
import { open } from "./opening.ts";
import { thiefPage, type Shown } from "./page.ts";
import { search } from "./search.ts";
import { headerState, strip } from "./strip.ts";
import { Tap } from "./tap.ts";
import { flip, wasmState } from "./tamper.ts";

/** Ingest's own limit is lower; the tap must not be what refuses. */
const WIRE_LIMIT = 1024 * 1024;
const FORM_LIMIT = 4 * 1024;

const config = readConfig<ThiefConfig>();
const tap = new Tap(config.tap.upstream);
const monitor = new Monitor(config.monitor);
const origin = `http://localhost:${config.port}`;

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
};

async function handle(request: IncomingMessage, body: Buffer): Promise<Answer> {
  const { method, url } = request;
  if (method === "POST" && request.headers.origin !== origin) throw new HttpError(403, "Only this page's own buttons work.");
  const form = new URLSearchParams(body.toString("utf8"));
  switch (`${method} ${url}`) {
    case "GET /":
      return show({});
    case "GET /thief.css":
      return { status: 200, headers: { ...HEADERS, "content-type": "text/css; charset=utf-8" }, body: style() };
    case "POST /open":
      return show({ opened: await opening() });
    case "POST /search":
      return show({ searched: find(form.get("text") ?? "") });
    case "POST /flip":
      flip(config.data);
      return looked();
    case "POST /strip":
      strip(config.data);
      return looked();
    case "POST /look":
      return looked();
    case "POST /wire":
      tap.cut = form.get("cut") === "yes";
      return redirect("/#tamper");
    default:
      throw new HttpError(404, "There is no such page.");
  }
}

/** The page with what the monitor says now. */
async function looked(): Promise<Answer> {
  await monitor.look();
  return redirect("/#monitor");
}

async function show(shown: Shown): Promise<Answer> {
  const look = await monitor.last();
  const state = { wasm: wasmState(config.data), header: headerState(config.data), cut: tap.cut, look };
  return { status: 200, headers: HEADERS, body: thiefPage(config, evidence(config, tap), state, shown) };
}

async function opening(): Promise<NonNullable<Shown["opened"]>> {
  const found = evidence(config, tap);
  if (!found) return { problem: "There is no order yet." };
  try {
    return { deposits: await open(config, found.order.reference) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "It could not be opened." };
  }
}

function find(text: string): NonNullable<Shown["searched"]> {
  const found = evidence(config, tap);
  const searched = found ? places(config, found) : [];
  const bytes = searched.reduce((sum, place) => sum + place.bytes.length, 0);
  return { text: text.trim(), places: searched.length, bytes, hits: search(text.trim(), searched) };
}

function style(): Buffer {
  return readFileSync(join(config.pages, "thief.css"));
}

ready([
  await serve(config.tap.port, WIRE_LIMIT, (request, body) => tap.handle(request, body)),
  await serve(config.port, FORM_LIMIT, handle),
]);
