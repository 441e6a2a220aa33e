// With a recovery kit: name and code, then a new passphrase.

import { button, fill, focusOn, h, uniqueId } from "../dom.ts";
import { form, labelled } from "./fields.ts";
import { Strength } from "./strength.ts";
import type { JudgePassphrase } from "./strength.ts";
import type { View } from "./view.ts";

export interface CodeProps {
  readonly site: string;
  readonly user: string | undefined;
  /** Resolves to a sentence when it did not work. */
  readonly showCode: (user: string, code: string) => Promise<string | undefined>;
  readonly back: () => void;
}

export function codeView(props: CodeProps): View {
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
  const hint = h("p", { id: uniqueId("hint"), class: "hint" }, "Seven groups of five characters. Small or capital letters, with or without hyphens.");
  const code = h("input", {
    id: uniqueId("code"),
    name: "code",
    class: "group",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: 200,
    required: true,
    "aria-describedby": hint.id,
  });
  const view = formView({
    title: "Recovery kit",
    lead: h("p", { class: "lead" }, "Deposits of ", h("strong", {}, props.site), ". The code stays in this browser: the vault never sees it."),
    fields: [labelled("Name", user), labelled("Recovery code", code, hint)],
    inputs: [user, code],
    secrets: [code],
    submit: "Go on",
    working: "Working on the code. This takes a moment, on purpose…",
    back: props.back,
    async run() {
      const [name, typed] = [user.value.trim(), code.value];
      if (name === "") return ["Type your name.", user];
      if (typed.trim() === "") return ["Type the code from the printed page.", code];
      const failed = await props.showCode(name, typed);
      return failed === undefined ? undefined : [failed, code];
    },
  });
  return { ...view, focus: () => (props.user === undefined ? user : code).focus() };
}

export interface RenewProps {
  readonly user: string;
  readonly judge: JudgePassphrase;
  /** Resolves to a sentence when it did not work. */
  readonly renew: (passphrase: string) => Promise<string | undefined>;
  readonly back: () => void;
}

export function renewView(props: RenewProps): View {
  const name = h("input", { name: "user", type: "hidden", autocomplete: "username" });
  name.value = props.user;
  const hint = h("p", { id: uniqueId("hint"), class: "hint" }, "Five or six words that have nothing to do with each other are best.");
  const next = secret("next");
  const again = secret("again");
  next.setAttribute("aria-describedby", hint.id);
  const strength = new Strength(next, props.judge);
  const view = formView({
    title: "New passphrase",
    lead: h("p", { class: "lead" }, "The code is right, ", h("strong", {}, props.user), ". Choose a new passphrase. The kit is used up by it, and you are signed out everywhere."),
    fields: [name, labelled("New passphrase", next, hint, strength.element), labelled("New passphrase again", again)],
    inputs: [next, again],
    secrets: [next, again],
    submit: "Set the new passphrase",
    working: "Working on your passphrase. This takes a moment, on purpose…",
    back: props.back,
    async run() {
      if (next.value !== again.value) return ["The passphrase is not the same both times.", again];
      const weak = await strength.refused();
      if (weak !== undefined) return [weak, next];
      const failed = await props.renew(next.value);
      return failed === undefined ? undefined : [failed, next];
    },
  });
  return {
    ...view,
    focus: () => next.focus(),
    hide: () => {
      view.hide();
      strength.clear();
    },
  };
}

interface FormProps {
  readonly title: string;
  readonly lead: HTMLElement;
  readonly fields: readonly HTMLElement[];
  readonly inputs: readonly HTMLInputElement[];
  readonly secrets: readonly HTMLInputElement[];
  readonly submit: string;
  readonly working: string;
  readonly back: () => void;
  /** What to say and where to go on; nothing when it worked. */
  readonly run: () => Promise<readonly [string, HTMLInputElement] | undefined>;
}

function formView(props: FormProps): View {
  const heading = h("h1", {}, props.title);
  const error = h("div", { role: "alert" });
  const progress = h("p", { class: "progress", role: "status" });
  const submit = h("button", { type: "submit", class: "primary wide" }, props.submit);
  const sent = form(() => void run(), ...props.fields, error, submit, progress, button("Back to sign in", props.back, { class: "quiet" }));

  async function run(): Promise<void> {
    if (sent.getAttribute("aria-busy") === "true") return;
    busy(true);
    fill(error);
    const wrong = await props.run();
    busy(false);
    if (wrong === undefined) return;
    const [sentence, at] = wrong;
    fill(error, h("p", { class: "error" }, sentence));
    at.focus();
  }

  function busy(yes: boolean): void {
    sent.setAttribute("aria-busy", String(yes));
    submit.setAttribute("aria-disabled", String(yes)); // not disabled: that would lose the focus
    for (const input of props.inputs) input.readOnly = yes;
    progress.textContent = yes ? props.working : "";
  }

  return {
    title: props.title,
    element: h("div", { class: "sign-in recover" }, h("section", { class: "card" }, heading, props.lead, sent)),
    focus: () => focusOn(heading),
    hide() {
      for (const input of props.secrets) input.value = "";
    },
  };
}

function secret(name: string): HTMLInputElement {
  return h("input", { id: uniqueId(name), name, type: "password", autocomplete: "new-password", maxlength: 1024, required: true });
}
