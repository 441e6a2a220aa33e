// Sealing anew what somebody who has left could open: page after page, until nothing is left, or it is stopped. All that there is
// to know lies in the vault, so it can end at any point, and goes on with what is left.

import type { Difference } from "./engine.ts";
import { Refused } from "./failure.ts";

/** A deposit that stays as it is. */
export interface LeftBehind {
  readonly deposit_id: string;
  readonly reference: string;
  readonly differences: readonly Difference[];
}

/** What came of a page. */
export interface ResealedPage {
  /** Sealed anew, by this browser or by another at the same time. */
  readonly done: number;
  readonly left: readonly LeftBehind[];
  /** Where the next page starts; nothing when this was empty. */
  readonly last: string | undefined;
}

/** How many deposits are left of a data key. */
export interface KeyLeft {
  readonly key_id: string;
  readonly deposits: number;
}

/** What it works on. */
export interface Work {
  left(): Promise<readonly KeyLeft[]>;
  page(key: string, after: string | undefined): Promise<ResealedPage>;
}

export interface Progress {
  readonly state: "running" | "stopping" | "stopped" | "failed" | "done";
  readonly done: number;
  readonly total: number;
  readonly left: readonly LeftBehind[];
  /** Seconds, once that can be told. */
  readonly seconds: number | undefined;
  readonly error: unknown;
}

/** Before this nothing is said of the time that it takes. */
const TOLD_AFTER_MS = 4000;
/** What somebody else does at the same time makes a page another one. */
const TRIES = 3;

export class Resealing {
  #progress: Progress = { state: "running", done: 0, total: 0, left: [], seconds: undefined, error: undefined };
  #listener: ((progress: Progress) => void) | undefined;

  /** `now` in milliseconds. */
  constructor(
    private readonly work: Work,
    private readonly now: () => number,
  ) {}

  get progress(): Progress {
    return this.#progress;
  }

  get running(): boolean {
    return this.#progress.state === "running" || this.#progress.state === "stopping";
  }

  /** Whoever shows it: one at a time. */
  listen(listener: ((progress: Progress) => void) | undefined): void {
    this.#listener = listener;
  }

  /** Ends after the page that it is at. */
  stop(): void {
    if (this.#progress.state === "running") this.tell({ state: "stopping" });
  }

  async run(): Promise<void> {
    try {
      const keys = (await this.work.left()).filter(({ deposits }) => deposits > 0);
      this.tell({ total: keys.reduce((sum, { deposits }) => sum + deposits, 0) });
      const began = this.now();
      for (const { key_id: key } of keys) if (!(await this.key(key, began))) return this.tell({ state: "stopped" });
      this.tell({ state: "done", seconds: undefined });
    } catch (error) {
      this.tell({ state: "failed", error, seconds: undefined });
    }
  }

  /** All of one key; false when it was stopped. */
  private async key(key: string, began: number): Promise<boolean> {
    let after: string | undefined;
    for (;;) {
      if (this.#progress.state !== "running") return false;
      const page = await this.believed(key, after);
      if (page.last === undefined) return true;
      after = page.last;
      const done = this.#progress.done + page.done;
      const left = [...this.#progress.left, ...page.left];
      // What is new meanwhile under a key that somebody left with comes on top
      const total = Math.max(this.#progress.total, done + left.length);
      const passed = this.now() - began;
      const open = total - done - left.length;
      const seconds = passed < TOLD_AFTER_MS || done === 0 ? undefined : Math.ceil((passed / done) * (open / 1000));
      this.tell({ done, left, total, seconds });
    }
  }

  /**
   * A deposit that somebody else seals anew between the list and the look at its fields looks as if they had been exchanged. So
   * nothing is said of one before it was looked at twice: then it is not listed any more.
   */
  private async believed(key: string, after: string | undefined): Promise<ResealedPage> {
    const first = await this.page(key, after);
    if (first.left.length === 0) return first;
    const again = await this.page(key, after);
    const ids = first.left.map(({ deposit_id: id }) => id);
    // What comes after the first page is in the next one
    return { done: first.done + again.done, left: again.left.filter(({ deposit_id: id }) => ids.includes(id)), last: first.last };
  }

  private async page(key: string, after: string | undefined): Promise<ResealedPage> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.work.page(key, after);
      } catch (error) {
        const moved = error instanceof Refused && ["log-entry-differs", "unknown-deposit"].includes(error.slug);
        if (!moved || tries === TRIES) throw error;
      }
    }
  }

  private tell(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#listener?.(this.#progress);
  }
}
