// The frame's only script: takes the port, loads the WASM by its hash, has it check the signed texts,
// and carries codes, states and sealed deposits between WASM, element and ingest.

import * as checkout from "#checkout-wasm";
import type { FromFrame, InlineValue, Settings, ToFrame } from "../shared/protocol.ts";
import { readToFrame } from "../shared/to-frame.ts";
import { readAddresses, type Addresses } from "./anchor.ts";
import { Card } from "./card.ts";
import { Failure } from "./failure.ts";
import { post } from "./ingest.ts";
import { fetchNotes, seconds, startModule, verify } from "./load.ts";
import { opened } from "./opening.ts";
import { readProblems } from "./problems.ts";
import { Sealing } from "./sealing.ts";
import { sealMessage, textsFor, type Spoken } from "./texts.ts";
import { dress } from "./theme.ts";

/** After this time the notes are fetched again before sealing, in milliseconds. */
const FRESH = 6 * 3600_000;

async function main(anchor: string): Promise<void> {
  const openings = opened(window);
  const addresses = readAddresses(anchor);
  // Nobody may be listening yet: the port waits for what these two bring
  const loading = addresses && Promise.all([startModule(addresses, location.hash !== ""), fetchNotes(addresses)]);
  loading?.catch(() => {});

  const { port, origin, settings } = await openings;
  const tell = (message: FromFrame): void => port.postMessage(JSON.stringify(message));
  tell({ type: "hello" });
  const speaking = textsFor(settings.locale);
  try {
    if (!addresses || !loading) throw new Failure("anchor_malformed");
    const [, notes] = await loading;
    const malformed = checkout.start(anchor, origin);
    if (malformed) throw new Failure(malformed);
    await verify(notes);
    new Frame(addresses, port, tell, settings, await speaking);
  } catch (error) {
    tell({ type: "failed", code: failureOf(error).code });
  }
}

class Frame {
  readonly #addresses: Addresses;
  readonly #tell: (message: FromFrame) => void;
  readonly #sealing: Sealing;
  readonly #card: Card | undefined;
  #spoken: Spoken;
  #settings: Settings;
  #checked = Date.now();

  constructor(addresses: Addresses, port: MessagePort, tell: (message: FromFrame) => void, settings: Settings, spoken: Spoken) {
    this.#addresses = addresses;
    this.#tell = tell;
    this.#sealing = new Sealing({
      seal: (reference, values) => this.#seal(reference, values),
      post: (deposit) => post(addresses.ingest, deposit),
      renew: () => this.#renew(),
      pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    });
    this.#spoken = spoken;
    this.#settings = settings;
    dress(document.documentElement, settings, spoken.language);
    this.#card = settings.fields === "card" ? this.#showCard() : undefined;
    this.#card?.disable(settings.disabled);
    port.onmessage = ({ data }) => {
      const message = readToFrame(data);
      if (message) void this.#take(message);
      else tell({ type: "failed", code: "message_malformed" });
    };
    tell({ type: "ready" });
  }

  #showCard(): Card {
    const form = document.querySelector("form");
    if (!form) throw new Failure("document_malformed");
    const root = document.documentElement;
    new ResizeObserver(() => this.#tell({ type: "resize", height: Math.ceil(root.getBoundingClientRect().height) })).observe(root);
    return new Card(form, this.#spoken.texts, {
      edit: () => this.#sealing.edited(),
      state: (state) => this.#tell({ type: "change", state }),
      enter: () => this.#tell({ type: "submit" }),
    });
  }

  async #take(message: ToFrame): Promise<void> {
    if (message.type === "seal") {
      await this.#answer(message.id, message.reference, message.values);
    } else if (message.type === "settings") {
      await this.#settle(message.settings);
    } else if (message.type === "focus") {
      this.#card?.focus();
    } else {
      this.#sealing.edited();
      this.#card?.clear(false);
    }
  }

  async #settle(settings: Settings): Promise<void> {
    const isOther = settings.locale !== this.#settings.locale;
    this.#settings = settings;
    dress(document.documentElement, settings, this.#spoken.language);
    this.#card?.disable(settings.disabled);
    if (!isOther) return;
    const spoken = await textsFor(settings.locale);
    // Settings that came meanwhile have a say of their own
    if (settings.locale !== this.#settings.locale) return;
    this.#spoken = spoken;
    dress(document.documentElement, this.#settings, spoken.language);
    this.#card?.speak(spoken.texts);
  }

  async #answer(id: number, reference: string, values: readonly InlineValue[]): Promise<void> {
    this.#card?.lock(true);
    try {
      const sealed = await this.#sealing.run(reference, values);
      this.#card?.clear(true);
      this.#tell({ type: "sealed", id, sealed });
    } catch (error) {
      const { code, problems } = failureOf(error);
      const message = problems.length > 0 ? "" : sealMessage(this.#spoken.texts, code);
      if (problems.length > 0) this.#card?.judge();
      this.#tell({ type: "refused", id, code, message, problems });
    } finally {
      this.#card?.lock(false);
    }
  }

  async #seal(reference: string, values: readonly InlineValue[]): Promise<string> {
    if (Date.now() - this.#checked > FRESH) await this.#renew();
    for (const { field, index, value } of values) checkout.put(field, index, value);
    const deposit = checkout.seal(reference, seconds());
    if (deposit[0] !== "!") return deposit;
    const report = deposit.slice(1);
    const problems = readProblems(report, this.#spoken.texts);
    throw new Failure(problems.length > 0 ? "fields" : report, problems);
  }

  async #renew(): Promise<void> {
    await verify(await fetchNotes(this.#addresses));
    this.#checked = Date.now();
  }
}

/** What is nothing that we throw is a fault of the frame. */
function failureOf(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure("frame_fault");
}

void main("__NIGHTSAFE_ANCHOR__");
