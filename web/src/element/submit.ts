// Stands between the shopper's submit and the form: nothing leaves before the receipt is there.

import { takeNames, type Control } from "./inline.ts";

/** Name of the hidden input that the shop gets. */
const RECEIPT = "nightsafe_receipt";

export interface Gate {
  /** The form now; it may be replaced while the page lives. */
  readonly form: () => HTMLFormElement | null;
  readonly controls: () => readonly Control[];
  /** Seals; whether the form, which then holds the receipt, may go. Never rejects. */
  readonly seal: () => Promise<boolean>;
}

export class SubmitGate {
  readonly #gate: Gate;
  readonly #listening = new AbortController();
  #sealing = false;
  #passing = false;

  /** Listens at the root of the tree that holds the form, before any listener of the shop. */
  constructor(root: Node, gate: Gate) {
    this.#gate = gate;
    const options = { capture: true, signal: this.#listening.signal };
    root.addEventListener("submit", (event) => this.#submit(event as SubmitEvent), options);
    root.addEventListener("formdata", (event) => this.#strip(event as FormDataEvent), options);
  }

  close(): void {
    this.#listening.abort();
  }

  #submit(event: SubmitEvent): void {
    if (event.target !== this.#gate.form()) return;
    takeNames(this.#gate.controls());
    if (this.#passing) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // A second click while the first is under way is the same order
    if (!this.#sealing) void this.#run(event.submitter);
  }

  async #run(submitter: HTMLElement | null): Promise<void> {
    this.#sealing = true;
    const go = await this.#gate.seal();
    this.#sealing = false;
    const form = this.#gate.form();
    if (!go || form === null) return;
    const usable = submitter !== null && (submitter as HTMLButtonElement).form === form;
    this.#passing = true;
    try {
      // By the prototype: a control of the shop may be called requestSubmit
      HTMLFormElement.prototype.requestSubmit.call(form, usable ? submitter : null);
    } finally {
      this.#passing = false;
    }
  }

  /** Also `form.submit()` and `new FormData(form)` come by here, without a submit event. */
  #strip({ target, formData }: FormDataEvent): void {
    if (target !== this.#gate.form()) return;
    for (const { name } of this.#gate.controls()) if (name !== "") formData.delete(name);
  }
}

/** Puts the receipt into the form, or takes it out when the text is empty. */
export function putReceipt(form: HTMLFormElement | null, receipt: string): void {
  if (form === null) return;
  for (const old of form.querySelectorAll(`input[name=${RECEIPT}]`)) old.remove();
  if (receipt === "") return;
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = RECEIPT;
  input.value = receipt;
  form.append(input);
}

/** The form around an element, also across the borders of shadow trees. */
export function formAround(element: Element): HTMLFormElement | null {
  const form = element.closest("form");
  if (form !== null) return form;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? formAround(root.host) : null;
}

/** Submits as Enter in one of the form's own fields would. */
export function submitImplicitly(form: HTMLFormElement): void {
  const button = [...(form.elements as HTMLCollectionOf<HTMLButtonElement>)].find(({ type }) => type === "submit");
  if (button === undefined) HTMLFormElement.prototype.requestSubmit.call(form);
  else if (!button.disabled) button.click();
}
