// A countdown in whole seconds that ends by itself. Time is injected; a page that slept ends on waking.

/** Where time comes from, and how to be called again. */
export interface Clock {
  /** Milliseconds, never going back. */
  now(): number;
  /** Calls `tick` every `ms` until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
}

export const browserClock: Clock = {
  // Not performance.now(): that one stands still while a computer sleeps, and a sleeping computer must count.
  now: () => Date.now(),
  every(ms, tick) {
    const id = setInterval(tick, ms);
    return () => clearInterval(id);
  },
};

export interface CountdownEvents {
  /** Called with the seconds left, whenever that number changes. */
  readonly left: (seconds: number) => void;
  /** Called once, when time is up; not when stopped. */
  readonly over: () => void;
}

export class Countdown {
  #stop: (() => void) | undefined;
  #end = 0;
  #last = 0;
  #shown = -1;

  constructor(
    private readonly clock: Clock,
    private readonly seconds: number,
    private readonly events: CountdownEvents,
  ) {}

  get running(): boolean {
    return this.#stop !== undefined;
  }

  /** Starts, or starts afresh with the full time. */
  start(): void {
    this.#last = this.clock.now();
    this.#end = this.#last + this.seconds * 1000;
    this.#shown = -1;
    this.#stop ??= this.clock.every(250, () => this.tick());
    this.tick();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Looks at the clock now; also called when the page becomes visible again. */
  tick(): void {
    if (!this.running) return;
    const now = this.clock.now();
    const setBack = now < this.#last;
    this.#last = now;
    const left = setBack ? 0 : Math.max(0, Math.ceil((this.#end - now) / 1000));
    if (left === 0) {
      this.stop();
      this.events.over();
    } else if (left !== this.#shown) {
      this.#shown = left;
      this.events.left(left);
    }
  }
}
