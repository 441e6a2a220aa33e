// Page Keys: what somebody who has left could open, and sealing it anew, with its progress.

import { explain } from "../differences.ts";
import { button, fill, focusOn, h, uniqueId } from "../dom.ts";
import { sentence } from "../failure.ts";
import { counted } from "../format.ts";
import type { KeyLeft, LeftBehind, Progress, Resealing } from "../reseal.ts";

export interface ResealProps {
  /** How much is left; for an admin. */
  readonly load: () => Promise<readonly KeyLeft[]>;
  /** The one that runs, or ran last; begins another. */
  readonly current: () => Resealing | undefined;
  readonly begin: () => Resealing;
  /** Why it cannot begin now, as a sentence. */
  readonly locked: string | undefined;
  readonly say: (text: string) => void;
  readonly fail: (error: unknown, again: () => void) => void;
}

export class ResealSection {
  readonly element: HTMLElement;
  readonly #content = h("div", { class: "reseal" }, h("p", { class: "progress", role: "status" }, "Counting…"));
  readonly #title = h("h2", { id: uniqueId("reseal") }, "What people who have left could open");
  #gone = false;

  constructor(
    private readonly props: ResealProps,
    private readonly counts: (keys: readonly KeyLeft[]) => void,
  ) {
    this.element = h("section", { class: "card", "aria-labelledby": this.#title.id }, this.#title, h("p", { class: "lead" }, LEAD), this.#content);
    const current = props.current();
    if (current?.running === true) this.follow(current);
    else void this.refresh();
  }

  /** Nobody looks at it any more; what runs goes on. */
  close(): void {
    this.#gone = true;
    this.props.current()?.listen(undefined);
  }

  private async refresh(after?: Progress): Promise<void> {
    try {
      const keys = await this.props.load();
      if (this.#gone) return;
      this.counts(keys);
      this.idle(keys.reduce((sum, { deposits }) => sum + deposits, 0), after);
    } catch (error) {
      if (!this.#gone) this.props.fail(error, () => void this.refresh(after));
    }
  }

  private idle(left: number, after: Progress | undefined): void {
    const { locked } = this.props;
    const behind = after?.left ?? [];
    const all = left === behind.length && left > 0 && after?.state === "done";
    fill(
      this.#content,
      after === undefined ? undefined : h("p", {}, came(after)),
      left === 0
        ? h("p", {}, "Nothing is left: with a copy of the vault as it is now they open no deposit.")
        : h("p", {}, `${deposits(left)} could still be opened by somebody who has left, with a copy of the vault.`),
      behind.length === 0 ? undefined : leftBehind(behind),
      left > 0 && locked !== undefined ? h("p", { class: "error" }, locked) : undefined,
      left > 0 && locked === undefined && !all
        ? h("div", { class: "row" }, button(after === undefined ? "Seal anew" : "Go on", () => this.begin(), { class: "primary" }))
        : undefined,
    );
  }

  private begin(): void {
    const resealing = this.props.begin();
    this.follow(resealing);
    focusOn(this.#title); // what was pressed is gone
  }

  private follow(resealing: Resealing): void {
    const bar = h("progress", { "aria-labelledby": this.#title.id });
    const text = h("p", { class: "progress" });
    const stop = button("Stop", () => resealing.stop());
    fill(this.#content, bar, text, h("p", { class: "hint" }, STAY), h("div", { class: "row" }, stop));
    const show = (progress: Progress): void => {
      if (!resealing.running) {
        resealing.listen(undefined);
        this.props.say(came(progress));
        void this.refresh(progress);
        return;
      }
      const { done, total, left } = progress;
      if (total > 0) {
        bar.max = total;
        bar.value = done + left.length;
      }
      text.textContent = running(progress);
      stop.setAttribute("aria-disabled", String(progress.state === "stopping"));
    };
    resealing.listen(show);
    show(resealing.progress);
  }
}

function running({ state, done, total, left, seconds }: Progress): string {
  if (total === 0) return "Counting…";
  const behind = left.length === 0 ? "" : ` ${counted(left.length, "deposit")} stayed as ${left.length === 1 ? "it was" : "they were"}.`;
  const time = state === "stopping" ? " Stopping after these…" : seconds === undefined ? "" : ` About ${duration(seconds)} left.`;
  return `${number(done)} of ${deposits(total)} sealed anew.${behind}${time}`;
}

function came({ state, done, left, error }: Progress): string {
  const so = `${deposits(done)} ${done === 1 ? "was" : "were"} sealed anew.`;
  if (state === "failed") return `Stopped: ${sentence(error)} ${so} It goes on with what is left.`;
  if (state === "stopped") return `Stopped. ${so} It goes on with what is left.`;
  return left.length === 0 ? `Done. ${so}` : `${so} ${counted(left.length, "deposit")} could not be, and stayed as before.`;
}

/** What is not as the customer sent it is not made to look as if it were. */
function leftBehind(left: readonly LeftBehind[]): HTMLElement {
  const one = ({ reference, differences }: LeftBehind): HTMLElement => {
    const said = new Set(differences.map((difference) => explain(difference, []).sentence));
    return h("li", {}, h("h3", {}, reference), ...[...said].map((line) => h("p", { class: "hint" }, line)));
  };
  return h("div", {}, h("p", { class: "error" }, BEHIND), h("ul", { class: "left-behind" }, ...left.slice(0, SHOWN).map(one)));
}

function deposits(count: number): string {
  return `${number(count)} ${count === 1 ? "deposit" : "deposits"}`;
}

function number(count: number): string {
  return new Intl.NumberFormat("en").format(count);
}

function duration(seconds: number): string {
  if (seconds < 60) return "a minute";
  return seconds < 5400 ? counted(Math.ceil(seconds / 60), "minute") : counted(Math.ceil(seconds / 3600), "hour");
}

/** More than this say the same. */
const SHOWN = 50;

const LEAD =
  "Whoever was granted a data key may have kept it. What is sealed to such a key is opened once more in this browser, without being shown, " +
  "sealed to the key of now, and recorded in the log.";
const STAY =
  "Leave this page open, and use it now and then: a page that locks stops, as does one that is closed. Nothing is lost by that; it goes on with what is left.";
const BEHIND = "These deposits are not as the customer sent them. They stay as they are, and can still be opened by somebody who has left.";
