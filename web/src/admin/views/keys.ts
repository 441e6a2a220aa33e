// Keys and epochs: every data key, what it is doing, and what is due next. All of it from manifests that the site keys signed.

import { dueSentence } from "../due.ts";
import { fill, focusOn, h, uniqueId } from "../dom.ts";
import type { DataKey, Keys } from "../engine.ts";
import { counted, day } from "../format.ts";
import type { KeyLeft } from "../reseal.ts";
import { backLink } from "./back.ts";
import { form, labelled } from "./fields.ts";
import { ResealSection } from "./reseal.ts";
import type { ResealProps } from "./reseal.ts";
import type { View } from "./view.ts";

const STATES: Readonly<Record<DataKey["state"], string>> = {
  pending: "Pending",
  active: "Active",
  retiring: "Retiring",
  retired: "Retired",
  discarded: "Discarded",
  purged: "Purged",
};

export interface KeysProps {
  readonly keys: Keys;
  /** Opens with the organisation's recovery key what is not held, for an admin; resolves to a sentence when it did not work. */
  readonly recover: ((file: File) => Promise<string | undefined>) | undefined;
  /** For an admin, where somebody who has left was granted a key. */
  readonly reseal: ResealProps | undefined;
  readonly back: () => void;
}

export interface KeysView extends View {
  /** Nobody looks at it any more. */
  readonly close: () => void;
}

export function keysView({ keys, recover, reseal, back }: KeysProps): KeysView {
  const heading = h("h1", {}, "Keys and epochs");
  const list = keysSection(keys);
  const section = reseal && new ResealSection(reseal, (left) => count(list, left));
  return {
    title: "Keys and epochs",
    element: h("div", { class: "account-page" }, backLink(back), heading, dueSection(keys), section?.element, list, recover && recoverySection(recover)),
    focus: () => focusOn(heading),
    hide: () => undefined, // nothing secret: the ids and dates of public keys
    close: () => section?.close(),
  };
}

/** How many deposits are left under each key. */
function count(list: HTMLElement, left: readonly KeyLeft[]): void {
  for (const { key_id: id, deposits } of left) {
    const place = list.querySelector(`[data-key="${CSS.escape(id)}"] .left`);
    if (place !== null) place.textContent = deposits === 0 ? " No deposit is sealed to it." : ` ${counted(deposits, "deposit")} sealed to it.`;
  }
}

function dueSection({ due, keys, ends }: Keys): HTMLElement {
  const title = h("h2", { id: uniqueId("due") }, "What is due");
  const next = keys.find(({ state }) => state === "pending");
  const calm = h(
    "p",
    {},
    "Nothing. ",
    next === undefined ? undefined : `The next data key takes over by itself on ${date(next.start)}. `,
    ends === undefined ? undefined : `A new key manifest has to be signed before ${date(ends)}; this page says so 60 days ahead.`,
  );
  return h(
    "section",
    { class: "card", "aria-labelledby": title.id },
    title,
    due.length === 0 ? calm : h("ul", { class: "due" }, ...due.map((one) => h("li", {}, dueSentence(one)))),
  );
}

function keysSection({ keys }: Keys): HTMLElement {
  const title = h("h2", { id: uniqueId("keys") }, "Data keys");
  const lead =
    keys.length === 0
      ? "The vault has no key manifest that the site keys signed."
      : "Each data key seals what customers type for 90 days at most, then the next one takes over. Signed by the site keys, and verified in this browser.";
  return h(
    "section",
    { class: "card keys", "aria-labelledby": title.id },
    title,
    h("p", { class: "lead" }, lead),
    keys.length === 0 ? undefined : h("ul", {}, ...[...keys].reverse().map(item)),
  );
}

function recoverySection(recover: (file: File) => Promise<string | undefined>): HTMLElement {
  const title = h("h2", { id: uniqueId("recovery") }, "Open with the organisation’s recovery key");
  const file = h("input", { id: uniqueId("recovery-file"), type: "file", name: "recovery-file" });
  const error = h("div", { role: "alert" });
  const progress = h("p", { class: "progress", role: "status" });
  const submit = h("button", { type: "submit", class: "primary" }, "Open the keys");
  const sent = form(() => void run(), labelled("Recovery key file", file), error, h("div", { class: "row" }, submit, progress));

  async function run(): Promise<void> {
    if (sent.getAttribute("aria-busy") === "true") return;
    const [chosen] = file.files ?? [];
    if (chosen === undefined) return show("Choose the recovery key file.");
    busy(true);
    fill(error);
    const failed = await recover(chosen);
    file.value = "";
    busy(false);
    if (failed !== undefined) show(failed);
  }

  function show(sentence: string): void {
    fill(error, h("p", { class: "error" }, sentence));
    file.focus();
  }

  function busy(yes: boolean): void {
    sent.setAttribute("aria-busy", String(yes));
    submit.setAttribute("aria-disabled", String(yes)); // not disabled: that would lose the focus
    progress.textContent = yes ? "Opening the keys in this browser…" : "";
  }

  return h(
    "section",
    { class: "card", "aria-labelledby": title.id },
    title,
    h(
      "p",
      { class: "lead" },
      "For when no admin is left who could grant you what you do not hold. The file is read in this browser only, and is sent nowhere; " +
        "the keys are granted to you, and the log says so. Take the medium with the file out again afterwards.",
    ),
    sent,
  );
}

function item(key: DataKey): HTMLElement {
  return h(
    "li",
    { "data-state": key.state, "data-key": key.key_id },
    h("h3", {}, STATES[key.state], h("span", { class: "own" }, ` ${verb(key)} ${date(key.start)}`)),
    h("p", { class: "hint" }, explained(key)),
    key.known ? h("p", { class: "hint" }, "Somebody who has left was granted it.", h("span", { class: "left" })) : undefined,
    h("p", { class: "words" }, `${key.key_id} (${key.suite})`),
  );
}

function verb({ state }: DataKey): string {
  switch (state) {
    case "pending":
      return "from";
    case "discarded":
      return "was due on";
    case "purged":
      return "of";
    default:
      return "began on";
  }
}

function explained({ state, until, held }: DataKey): string {
  const end = until === undefined ? "" : ` until ${date(until)}`;
  const opens = held ? "You can open what it sealed." : "It is not granted to you.";
  switch (state) {
    case "pending":
      return `Signed ahead. It takes over by itself. ${held ? "It is granted to you already." : "It is not granted to you yet."}`;
    case "active":
      return `Seals what customers type now${end}. ${opens}`;
    case "retiring":
      return `Replaced. Deposits of browsers that have not noticed yet still come in${end}. ${opens}`;
    case "retired":
      return `No deposit is sealed to it any more. ${opens}`;
    case "discarded":
      return `Taken back before its time: nothing is to be sealed to it. ${opens}`;
    case "purged":
      return "Nothing that was sealed to it is left. Its private items are destroyed: nobody opens anything with it any more.";
  }
}

function date(time: string): string {
  return day(time.slice(0, 10));
}
