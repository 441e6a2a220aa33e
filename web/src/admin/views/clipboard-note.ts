// What became of a value that was copied: taken off the clipboard, or still there and with a button to do it.

import type { Clipboard } from "../clipboard.ts";
import { button, fill, h } from "../dom.ts";

export class ClipboardNote {
  readonly element = h("div");

  constructor(private readonly clipboard: Clipboard) {}

  /** Clears what was copied here; somebody who went to another tab went there to paste, and does it later. */
  async clear(): Promise<void> {
    const inFront = document.visibilityState === "visible" && document.hasFocus();
    const result = inFront ? await this.clipboard.clear() : undefined;
    if (result === "cleared") this.show("What you copied was taken off the clipboard.");
    else if (this.clipboard.holds) {
      const clear = button("Clear the clipboard", () => void this.clear());
      this.show("What you copied may still be on the clipboard.", clear);
    }
  }

  empty(): void {
    fill(this.element);
  }

  private show(text: string, action?: HTMLElement): void {
    fill(this.element, h("div", { class: "note row between", role: "status" }, h("p", {}, text), action));
  }
}
