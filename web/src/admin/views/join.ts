// Joining by an invitation: a passphrase is chosen, and then twelve words are compared with whoever invited.

import { button, fill, focusOn, h, uniqueId } from "../dom.ts";
import type { Joined } from "../join.ts";
import { form, labelled, wordList } from "./fields.ts";
import { Strength } from "./strength.ts";
import type { JudgePassphrase } from "./strength.ts";
import type { View } from "./view.ts";

export interface JoinProps {
  readonly site: string;
  /** Whether a passphrase is good enough, and why not. */
  readonly judge: JudgePassphrase;
  /** Resolves to a sentence when it did not work. */
  readonly join: (passphrase: string) => Promise<Joined | string>;
  readonly signIn: () => void;
}

export function joinView(props: JoinProps): View {
  const heading = h("h1", {}, "Join");
  const next = secret("next");
  const again = secret("again");
  const hint = h(
    "p",
    { id: uniqueId("hint"), class: "hint" },
    "Five or six words that have nothing to do with each other are best. It stays in this browser: nobody can send it to you again.",
  );
  next.setAttribute("aria-describedby", hint.id);
  const strength = new Strength(next, props.judge);
  const error = h("div", { role: "alert" });
  const progress = h("p", { class: "progress", role: "status" });
  const submit = h("button", { type: "submit", class: "primary wide" }, "Join");
  const sent = form(() => void run(), labelled("New passphrase", next, hint, strength.element), labelled("New passphrase again", again), error, submit, progress);
  const card = h(
    "section",
    { class: "card" },
    heading,
    h("p", { class: "lead" }, "You were invited to work with deposits of ", h("strong", {}, props.site), ". Choose the passphrase that you will sign in with."),
    sent,
  );

  async function run(): Promise<void> {
    if (sent.getAttribute("aria-busy") === "true") return;
    if (next.value !== again.value) return show("The passphrase is not the same both times.", again);
    busy(true);
    show(undefined);
    const weak = await strength.refused();
    if (weak !== undefined) {
      busy(false);
      return show(weak, next);
    }
    const joined = await props.join(next.value);
    busy(false);
    if (typeof joined === "string") return show(joined, next);
    clear();
    done(joined);
  }

  function done({ name, words }: Joined): void {
    heading.textContent = "Read these words to whoever invited you";
    fill(card, heading, ...wordsOf(name, words), h("div", { class: "row" }, button("I have read them: sign in", props.signIn)));
    focusOn(heading);
  }

  function show(sentence: string | undefined, at?: HTMLInputElement): void {
    fill(error, sentence === undefined ? undefined : h("p", { class: "error" }, sentence));
    at?.focus();
  }

  function busy(yes: boolean): void {
    sent.setAttribute("aria-busy", String(yes));
    submit.setAttribute("aria-disabled", String(yes)); // not disabled: that would lose the focus
    for (const input of [next, again]) input.readOnly = yes;
    progress.textContent = yes ? "Working on your passphrase and making your keys. This takes a moment, on purpose…" : "";
  }

  function clear(): void {
    for (const input of [next, again]) input.value = "";
    strength.clear();
  }

  return { title: "Join", element: h("div", { class: "sign-in join" }, card), focus: () => next.focus(), hide: clear };
}

/** Somebody who has joined and is not on the list yet, at a sign-in before that. */
export function stillWaitingView({ name, words, signIn }: { name: string; words: string; signIn: () => void }): View {
  const heading = h("h1", {}, "You wait for an admin");
  const lead = "Your passphrase is right. An admin of the list still has to compare these words with you and sign you in.";
  return {
    title: "Waiting",
    element: h(
      "div",
      { class: "sign-in join" },
      h("section", { class: "card" }, heading, h("p", { class: "lead" }, lead), ...wordsOf(name, words), h("div", { class: "row" }, button("Sign in again", signIn))),
    ),
    focus: () => focusOn(heading),
    hide: () => undefined,
  };
}

/** A link that was opened before, or a part of one. */
export function noInvitationView(signIn: () => void): View {
  const heading = h("h1", {}, "Open the link again");
  const lead =
    "This page has forgotten your invitation, so that nobody finds it here. Open the link that you were sent once more; if you have joined already, sign in.";
  return {
    title: "Join",
    element: h(
      "div",
      { class: "sign-in join" },
      h("section", { class: "card" }, heading, h("p", { class: "lead" }, lead), h("div", { class: "row" }, button("Sign in", signIn))),
    ),
    focus: () => focusOn(heading),
    hide: () => undefined,
  };
}

function wordsOf(name: string, words: string): readonly HTMLElement[] {
  return [
    h("p", {}, "Your name here is ", h("strong", {}, name), ". These twelve words are your keys:"),
    wordList(words),
    h(
      "p",
      { class: "hint" },
      "Read them by telephone or in person, not by mail. Whoever invited you sees the same words, and signs you in when all twelve agree. Until then you can do nothing here. Write them down if that takes a while.",
    ),
  ];
}

function secret(name: string): HTMLInputElement {
  return h("input", { id: uniqueId(name), name, type: "password", autocomplete: "new-password", maxlength: 1024, required: true });
}
