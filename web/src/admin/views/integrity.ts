// Whether the deposit is what the customer's browser sent: one sentence when it is, every difference when it is not.

import { explain } from "../differences.ts";
import type { Explained } from "../differences.ts";
import type { Difference, SealedField } from "../engine.ts";
import { button, fill, h } from "../dom.ts";
import { counted } from "../format.ts";
import { icon } from "../icons.ts";

export type Checked =
  | { readonly state: "asking" }
  /** The vault did not answer: only what this page could check alone is known. */
  | { readonly state: "unknown"; readonly again: () => void }
  | { readonly state: "known" };

export class IntegrityPanel {
  readonly #body = h("div", { class: "verdict" });
  readonly element = h(
    "section",
    { class: "card integrity", "aria-labelledby": "integrity-title" },
    h("h2", { id: "integrity-title" }, "Is it what the customer sent?"),
    this.#body,
  );

  show(checked: Checked, differences: readonly Difference[], fields: readonly SealedField[]): void {
    const explained = differences.map((difference) => explain(difference, fields));
    const [first] = explained;
    const worst = explained.find(({ severity }) => severity === "danger") ?? first;
    this.element.dataset["state"] = worst?.severity ?? (checked.state === "known" ? "intact" : checked.state);
    fill(this.#body, ...explained.map(item), this.rest(checked, explained.length, fields.length));
  }

  /** The same in a few words, for a screen reader. */
  spoken(differences: readonly Difference[]): string {
    if (differences.length === 0) return "Nothing was changed since the customer sent it.";
    return `Attention: ${counted(differences.length, "difference")} from what the customer sent.`;
  }

  private rest(checked: Checked, found: number, fields: number): HTMLElement | undefined {
    if (checked.state === "asking") return h("p", { class: "hint" }, "Comparing with the sealed list…");
    if (checked.state === "unknown") {
      return h(
        "div",
        {},
        h("p", { class: "hint" }, "The stored fields could not be compared, because the vault did not answer."),
        button("Compare again", checked.again),
      );
    }
    if (found > 0) return undefined;
    const intact =
      fields === 1
        ? "Yes. The sealed field is as the customer’s browser sent it."
        : `Yes. All ${fields} sealed fields are as the customer’s browser sent them.`;
    return h("p", { class: "row intact" }, icon("intact"), h("span", {}, intact));
  }
}

function item({ severity, sentence, advice }: Explained): HTMLElement {
  const text = h("div", {}, h("p", { class: "what" }, sentence), h("p", {}, advice));
  return h("div", { class: `difference ${severity}` }, icon(severity), text);
}
