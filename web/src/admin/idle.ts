// Locks after inactivity: a countdown that every sign of a person starts afresh.

import { Countdown } from "./countdown.ts";
import type { Clock } from "./countdown.ts";

/** Seconds without a key, click or touch until the keys are forgotten. */
export const IDLE_SECONDS = 600;
/** Seconds before that, from which the page warns. */
export const WARN_SECONDS = 60;

export interface IdleEvents {
  /** Seconds until the lock while warning, `undefined` when there is nothing to warn of. */
  readonly warn: (seconds: number | undefined) => void;
  readonly lock: () => void;
}

export class IdleLock {
  readonly #countdown: Countdown;
  #warning = false;

  constructor(clock: Clock, private readonly events: IdleEvents) {
    this.#countdown = new Countdown(clock, IDLE_SECONDS, {
      left: (seconds) => this.left(seconds),
      over: () => {
        this.quiet();
        events.lock();
      },
    });
  }

  start(): void {
    this.#countdown.start();
  }

  stop(): void {
    this.#countdown.stop();
    this.quiet();
  }

  /** A sign of the person. Looks at the clock first: a computer that slept too long locks instead. */
  seen(): void {
    this.#countdown.tick();
    if (this.#countdown.running) this.#countdown.start();
  }

  /** To be called when the page becomes visible again. */
  check(): void {
    this.#countdown.tick();
  }

  private left(seconds: number): void {
    if (seconds > WARN_SECONDS) return this.quiet();
    this.#warning = true;
    this.events.warn(seconds);
  }

  private quiet(): void {
    if (!this.#warning) return;
    this.#warning = false;
    this.events.warn(undefined);
  }
}
