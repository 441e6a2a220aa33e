// How good a new passphrase is, while it is typed: in words, in a bar, and with what to do about it.

import { fill, h, on, uniqueId } from "../dom.ts";
import { sentence } from "../failure.ts";
import type { Judgement } from "../judge.ts";

/** How long nothing is typed until it is judged: words are read out, and each letter would be too many of them. */
const PAUSE_MS = 300;

const WORDS = ["very weak", "very weak", "weak", "good", "very good"];

export type JudgePassphrase = (passphrase: string) => Promise<Judgement>;

export class Strength {
  readonly #bar = h("span", { class: "bar", "aria-hidden": "true" });
  readonly #text = h("p", { id: uniqueId("strength"), class: "hint", role: "status" });
  readonly element = h("div", { class: "strength" }, this.#bar, this.#text);
  /** Tells a judgement of what was typed before from the one that is awaited. */
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly judge: JudgePassphrase,
  ) {
    const described = input.getAttribute("aria-describedby");
    input.setAttribute("aria-describedby", described === null ? this.#text.id : `${described} ${this.#text.id}`);
    on(input, {
      input: () => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.show(), PAUSE_MS);
      },
    });
    this.clear();
  }

  /** Why it may not be taken, or nothing. */
  async refused(): Promise<string | undefined> {
    try {
      const judged = await this.judge(this.input.value);
      return judged.enough ? undefined : judged.sentence;
    } catch (error) {
      return sentence(error);
    }
  }

  clear(): void {
    this.#asked += 1;
    clearTimeout(this.#timer);
    this.element.removeAttribute("data-score");
    fill(this.#text);
  }

  private async show(): Promise<void> {
    if (this.input.value === "") return this.clear();
    const asked = ++this.#asked;
    // What failed here is said when the form is sent
    const judged = await this.judge(this.input.value).catch(() => undefined);
    if (asked !== this.#asked || judged === undefined) return;
    const { score, enough, sentence: said } = judged;
    // Strong letter by letter and still too short is not good
    const shown = enough ? score : Math.min(score, 2);
    this.element.setAttribute("data-score", String(shown));
    this.#text.textContent = `Strength: ${WORDS[shown] ?? ""}. ${said}`;
  }
}
