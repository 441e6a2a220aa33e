// Signing in at a vault that gives the answers of a list.

import type { Config } from "../../../src/admin/config.ts";
import { resume, signIn } from "../../../src/admin/sign-in.ts";
import type { Step } from "../../../src/admin/sign-in.ts";
import { tabMemory } from "../../../src/admin/tab.ts";
import { Vault } from "../../../src/admin/vault.ts";
import { fakeEngine, fakeFetch, FakeJoiner, FakeStorage, FakeTab } from "./fakes.ts";
import type { FakeAttempt, Answer } from "./fakes.ts";

export const PASSPHRASE = "correct horse battery staple";
export const STARTED = { body: { login: "AA", message: "KE2" } };
export const LIMITS = { expires_in: 900, lock_after: 600 };
const FINISHED = { body: LIMITS };
export const IDENTITY = { text: '{"identity":{}}' };
export const ROSTER = { text: '{"entries":[],"identities":[]}' };
export const CUSTODY = { text: '{"keys":[]}' };
export const MANIFESTS = { text: '{"notes":[]}' };
export const GONE = { status: 204 };
export const GRANTED = { body: {} };
export const SIGNED_IN = [STARTED, FINISHED, IDENTITY, ROSTER, CUSTODY, MANIFESTS];
export const RESUMED = { text: JSON.stringify({ ...LIMITS, user: "owner", identity: { half: "ROW", wrapped: "W" } }) };

export const NOW = 1_795_219_200;

interface Browser {
  /** Ingest's note; `null` when it gives none. */
  readonly note?: string | null;
  readonly seen?: string;
  /** Of the audit log. */
  readonly seenLog?: string;
  /** The tab whose half the browser kept. */
  readonly own?: FakeTab;
}

/** Somebody who signs in, or goes on after a reload, at a vault that gives these answers. */
export function attemptWith(attempt: FakeAttempt, answers: readonly Answer[], { note = "NOTE", seen = "", seenLog = "", own = new FakeTab() }: Browser = {}) {
  const { fetcher, asked } = fakeFetch(...answers);
  const vault = new Vault("https://vault.example", fetcher);
  const steps: Step[] = [];
  const whole = fakeEngine(attempt, new FakeJoiner(), own);
  const storage = new FakeStorage();
  const tab = tabMemory(() => storage);
  const config = { anchor: "ANCHOR", logKey: "LOG-KEY" } as Config;
  const kept: string[] = [];
  const memory = {
    read: (of: string) => kept.findLast((line) => line.startsWith(of))?.slice(of.length + 1) ?? (of === "roster" ? seen : seenLog),
    write: (of: string, place: string) => void kept.push(`${of} ${place}`),
  };
  const timestamp = async () => note ?? undefined;
  const parts = { engine: Promise.resolve(whole), vault, config, memory, tab, timestamp, now: () => NOW };
  const painted = async () => undefined;
  const run = () => signIn({ user: "owner", passphrase: PASSPHRASE }, parts, (step) => steps.push(step), painted);
  return { run, asked, steps, kept, tab, storage, again: () => resume("HALF", parts, painted) };
}
