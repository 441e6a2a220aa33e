// The element's own shadow tree: place of the frame, the shop's children until it is ready, messages.

import style from "./style.css";

export class View {
  readonly #place = document.createElement("div");
  readonly #slot = document.createElement("slot");
  readonly #alert = make("alert");
  readonly #status = make("status");

  constructor(root: ShadowRoot) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    root.append(this.#slot, this.#place, this.#alert, this.#status);
  }

  /** Shows that a frame is being loaded; `bare`: one without visible fields. */
  start(bare: boolean): void {
    this.#place.className = bare ? "bare" : "";
    this.#slot.hidden = false;
  }

  put(frame: HTMLIFrameElement): void {
    this.#place.append(frame);
  }

  ready(): void {
    this.#place.classList.add("ready");
  }

  resize(height: number): void {
    const frame = this.#place.querySelector("iframe");
    if (frame) frame.style.height = `${height}px`;
  }

  /** Says what went wrong; with `again`, offers to load once more. An empty text takes it back. */
  complain(text: string, again?: { readonly label: string; readonly load: () => void }): void {
    this.#alert.textContent = text;
    if (!again) return;
    this.#slot.hidden = true;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = again.label;
    button.addEventListener("click", again.load);
    this.#alert.append(button);
  }

  /** For screen readers: what is being done. */
  murmur(text: string): void {
    this.#status.textContent = text;
  }
}

function make(role: string): HTMLElement {
  const element = document.createElement("div");
  element.setAttribute("role", role);
  return element;
}
