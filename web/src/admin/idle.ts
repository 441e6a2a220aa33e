// Locks after inactivity: a countdown that every sign of a person starts afresh.

import { Countdown } from "./countdown.ts";
import type { Clock } from "./countdown.ts";

/** Seconds without a key, click or touch until the keys are forgotten: what an admin can choose from. */
export const LOCK_TIMES = [60, 300, 600, 1800] as const;

/** Seconds before the lock, from which the page warns. */
export function warnSeconds(lockAfter: number): number {
  return Math.min(60, Math.floor(lockAfter / 3));
}

/** How long after the last request somebody's being there is told to the vault, which cannot see it otherwise. */
const TELL_AFTER_MS = 20_000;

export interface IdleEvents {
  /** Seconds until the lock while warning, `undefined` when there is nothing to warn of. */
  readonly warn: (seconds: number | undefined) => void;
  readonly lock: () => void;
  /** Somebody has been there for a while without this being called. */
  readonly present: () => void;
}

export class IdleLock {
  #countdown: Countdown | undefined;
  #warn = 0;
  #warning = false;
  #told = 0;

  constructor(
    private readonly clock: Clock,
    private readonly events: IdleEvents,
  ) {}

  /** Begins, or begins again with another time. */
  start(lockAfter: number): void {
    this.stop();
    this.#warn = warnSeconds(lockAfter);
    this.#told = this.clock.now();
    this.#countdown = new Countdown(this.clock, lockAfter, {
      left: (seconds) => this.left(seconds),
      over: () => {
        this.quiet();
        this.events.lock();
      },
    });
    this.#countdown.start();
  }

  stop(): void {
    this.#countdown?.stop();
    this.#countdown = undefined;
    this.quiet();
  }

  /** A sign of the person. Looks at the clock first: a computer that slept too long locks instead. */
  seen(): void {
    const countdown = this.#countdown;
    countdown?.tick();
    if (countdown?.running !== true) return;
    countdown.start();
    const now = this.clock.now();
    if (now - this.#told < TELL_AFTER_MS) return;
    this.#told = now;
    this.events.present();
  }

  /** To be called when the page becomes visible again. */
  check(): void {
    this.#countdown?.tick();
  }

  private left(seconds: number): void {
    if (seconds > this.#warn) return this.quiet();
    this.#warning = true;
    this.events.warn(seconds);
  }

  private quiet(): void {
    if (!this.#warning) return;
    this.#warning = false;
    this.events.warn(undefined);
  }
}
