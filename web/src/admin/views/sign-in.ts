// Sign-in, also after a lock. The passphrase goes to the WASM and is taken out of the page at once.

import { button, fill, h, on, uniqueId } from "../dom.ts";
import type { Credentials, Step } from "../sign-in.ts";
import type { View } from "./view.ts";

export interface SignInProps {
  readonly site: string;
  /** Known again after a lock, and after joining. */
  readonly user: string | undefined;
  readonly locked: boolean;
  /** Why this view is here, when it was not the person's own wish. */
  readonly note: string | undefined;
  /** The passphrase is lost. */
  readonly lost: () => void;
  /** Signs in with a passkey alone; absent where this browser has none. Resolves as the next one does. */
  readonly passkey: ((step: (step: Step) => void) => Promise<string | undefined>) | undefined;
  /** Resolves to a sentence when it did not work, to nothing when it did. */
  readonly signIn: (credentials: Credentials, step: (step: Step) => void) => Promise<string | undefined>;
}

const STEPS: Readonly<Record<Step, string>> = {
  loading: "Checking the opening program…",
  asking: "Asking the vault…",
  checking: "Working on your passphrase. This takes a moment, on purpose…",
  passkey: "Waiting for your passkey…",
  unlocking: "Unlocking the keys in this browser…",
};

export function signInView(props: SignInProps): View {
  const user = h("input", {
    id: uniqueId("user"),
    name: "user",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: 128,
    required: true,
    value: props.user,
  });
  const note = props.note === undefined ? undefined : h("p", { id: uniqueId("note"), class: "note" }, props.note);
  const hint = h("p", { id: uniqueId("hint"), class: "hint" }, "It stays in this browser: the vault never sees it.");
  const passphrase = h("input", {
    id: uniqueId("passphrase"),
    name: "passphrase",
    type: "password",
    autocomplete: "current-password",
    maxlength: 1024,
    required: true,
    "aria-describedby": [note?.id, hint.id].filter((id) => id !== undefined).join(" "),
  });
  const submit = h("button", { type: "submit", class: "primary wide" }, "Sign in");
  const byPasskey = props.passkey && button("Sign in with a passkey", () => void tryPasskey(), { class: "wide" });
  const progress = h("p", { class: "progress", role: "status" });
  const error = h("div", { role: "alert" });
  const title = props.locked ? "Locked" : "Sign in";

  const form = on(
    h(
      "form",
      { class: "stack", novalidate: true },
      labelled("Name", user),
      labelled("Passphrase", passphrase, hint),
      error,
      submit,
      byPasskey,
      progress,
      button("Lost your passphrase?", props.lost, { class: "quiet" }),
    ),
    { submit: (event) => (event.preventDefault(), void run()) },
  );

  async function run(): Promise<void> {
    if (form.getAttribute("aria-busy") === "true") return;
    const credentials = { user: user.value.trim(), passphrase: passphrase.value };
    if (credentials.user === "" || credentials.passphrase === "") {
      show("Type your name and your passphrase.");
      (credentials.user === "" ? user : passphrase).focus();
      return;
    }
    await signing((step) => props.signIn(credentials, step), passphrase);
  }

  async function tryPasskey(): Promise<void> {
    if (form.getAttribute("aria-busy") === "true" || props.passkey === undefined || byPasskey === undefined) return;
    await signing(props.passkey, byPasskey);
  }

  async function signing(sign: (step: (step: Step) => void) => Promise<string | undefined>, again: HTMLElement): Promise<void> {
    passphrase.value = "";
    busy(true);
    show(undefined);
    const failed = await sign((step) => (progress.textContent = STEPS[step]));
    busy(false);
    if (failed === undefined) return;
    show(failed);
    again.focus();
  }

  function busy(yes: boolean): void {
    form.setAttribute("aria-busy", String(yes));
    // Not disabled: a disabled button loses the focus
    for (const one of [submit, byPasskey]) one?.setAttribute("aria-disabled", String(yes));
    for (const input of [user, passphrase]) input.readOnly = yes;
    if (!yes) progress.textContent = "";
  }

  function show(sentence: string | undefined): void {
    fill(error, sentence === undefined ? undefined : h("p", { class: "error" }, sentence));
  }

  return {
    title,
    element: h(
      "div",
      { class: "sign-in" },
      h(
        "section",
        { class: "card" },
        h("h1", {}, title),
        h("p", { class: "lead" }, "Deposits of ", h("strong", {}, props.site)),
        note,
        form,
      ),
      h(
        "ul",
        { class: "promises" },
        h("li", {}, "What you open is shown here and stored nowhere."),
        h("li", {}, "Some time without a key or a click locks this page. You choose how long."),
        h("li", {}, "Reloading keeps you signed in. A new tab asks for the passphrase."),
      ),
    ),
    focus: () => (props.user === undefined ? user : passphrase).focus(),
    hide: () => (passphrase.value = ""),
  };
}

function labelled(text: string, input: HTMLInputElement, hint?: HTMLElement): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: input.id }, text), input, hint);
}
