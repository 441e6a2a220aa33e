import type { Clock } from "../../../src/admin/countdown.ts";
import type { Attempt, Difference, Due, Engine, Joiner, Opener, Recovery, SealedField, Tab } from "../../../src/admin/engine.ts";
import type { IndexRow } from "../../../src/admin/wire.ts";

/** Time that moves only when told to. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #ticks = new Set<() => void>();

  now(): number {
    return this.#now;
  }

  every(_ms: number, tick: () => void): () => void {
    this.#ticks.add(tick);
    return () => this.#ticks.delete(tick);
  }

  /** Whether anybody still wants to be called. */
  get watched(): boolean {
    return this.#ticks.size > 0;
  }

  /** Second by second, with a tick at each. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.#now += 1000;
      for (const tick of [...this.#ticks]) tick();
    }
  }

  /** Moves without a tick, as when a computer sleeps or its clock is set. */
  jump(seconds: number): void {
    this.#now += seconds * 1000;
  }
}

/** An answer of the vault, or no answer. */
export type Answer = { status?: number; body?: unknown; text?: string } | "no answer";

export interface Asked {
  readonly url: string;
  readonly init: RequestInit;
}

/** Answers in turn, and remembers what was asked. */
export function fakeFetch(...answers: readonly Answer[]) {
  const asked: Asked[] = [];
  const left = [...answers];
  const fetcher = async (url: string, init: RequestInit): Promise<Response> => {
    asked.push({ url, init });
    const answer = left.shift();
    if (answer === undefined || answer === "no answer") throw new TypeError("Failed to fetch");
    const status = answer.status ?? 200;
    return new Response(status === 204 ? null : (answer.text ?? JSON.stringify(answer.body)), { status });
  };
  return { fetcher, asked };
}

export function sealed(kind: string, index = 0, labels: Record<string, string> = {}): SealedField {
  return { kind, index, tag: `${kind}${index}`, labels, parts: ["value"] };
}

export function row(id = "a".repeat(64)): IndexRow {
  return {
    deposit_id: id,
    site: "shop.example",
    reference: "A-1",
    manifest: "b".repeat(64),
    key_id: "c".repeat(32),
    facets: new Map([["brand", "visa"]]),
    day: "2026-11-21",
    openings: [],
    source: `{"deposit_id":"${id}"}`,
  };
}

export function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Records its calls; answers what it is given. */
export class FakeOpener implements Opener {
  readonly calls: string[] = [];
  key_ids = '["cc"]';
  refused_manifests = 0;
  refused_grants = 0;
  new_identity: string | undefined;
  /** What somebody lacks. */
  lacking: string | undefined;
  words: string | undefined;
  people = "[]";
  roster_trust = "confirmed";
  due: readonly Due[] = [];
  roster_place: string | undefined = "7 abcd";
  threshold = 1;
  logs = false;
  reads_log = false;
  log_size = "0";
  log_place: string | undefined;
  /** What the next proof is refused with. */
  refusal: string | undefined;
  differences: Difference[] = [];
  answer = "";
  unchecked = false;

  sign(deeds: string): string {
    this.calls.push(`sign ${deeds}`);
    return JSON.stringify({ since: Number(this.log_size), entries: [{ salt: "SS", signed: deeds.length.toString() }] });
  }
  logged(inLog: string): void {
    this.calls.push(`logged ${inLog}`);
    this.take();
  }
  add_passkey(made: string, prf: Uint8Array | undefined): string {
    this.calls.push(`add_passkey ${made} ${String(prf)}`);
    return '{"added":true}';
  }
  remove_passkey(id: string): string {
    this.calls.push(`remove_passkey ${id}`);
    return '{"removed":true}';
  }
  read_log(entries: string): string {
    this.calls.push(`read_log ${entries}`);
    this.take();
    return JSON.stringify({ size: Number(this.log_size), entries: [] });
  }
  request_open(chosen: string, purpose: string): string {
    if (this.unchecked) {
      this.unchecked = false;
      throw coded("unchecked");
    }
    this.calls.push(`request_open ${purpose} ${chosen}`);
    return JSON.stringify({ purpose, deposits: JSON.parse(chosen) as unknown });
  }
  private take(): void {
    if (this.refusal !== undefined) throw coded(this.refusal);
    this.log_size = String(Number(this.log_size) + 1);
    this.log_place = `place ${this.log_size}`;
  }

  renew_manifests(manifests: string): void {
    this.calls.push(`renew_manifests ${manifests}`);
    this.differences = this.differences.filter(({ code }) => code !== "manifest_unpublished");
  }
  keys(now: number): string {
    this.calls.push(`keys ${now}`);
    return JSON.stringify({ keys: [], due: this.due });
  }
  renew_roster(roster: string, custody: string): void {
    this.calls.push(`renew_roster ${roster} ${custody}`);
  }
  waiting(invitations: string): string {
    this.calls.push(`waiting ${invitations}`);
    return "[]";
  }
  proposals(proposals: string): string {
    this.calls.push(`proposals ${proposals}`);
    return "[]";
  }
  change(request: string, now: string): string {
    this.calls.push(`change ${request} ${now.replace(/\d/g, "0")}`);
    return '{"entry":"ENTRY","grants":[]}';
  }
  new_grants(now: string): string | undefined {
    if (this.lacking !== undefined) this.calls.push(`new_grants ${now.replace(/\d/g, "0")}`);
    return this.lacking;
  }
  cosign(entry: string, invitations: string): string {
    this.calls.push(`cosign ${entry} ${invitations}`);
    return '{"entry":"BOTH","grants":[]}';
  }
  begin_passphrase(): string {
    this.calls.push("begin_passphrase");
    return "R1";
  }
  finish_passphrase(reply: string): string {
    this.calls.push(`finish_passphrase ${reply}`);
    return JSON.stringify({ registration: "R3", wrapped: "WW" });
  }
  recover(file: string, grants: string, custody: string): string {
    this.calls.push(`recover ${file} ${grants} ${custody}`);
    return '{"grants":["GG"]}';
  }
  kit_code: string | undefined;
  begin_kit(): string {
    this.calls.push("begin_kit");
    this.kit_code = "AAAAA-BBBBB";
    return "K1";
  }
  is_kit_group(number: number, typed: string): boolean {
    return this.kit_code?.split("-")[number - 1] === typed;
  }
  finish_kit(reply: string): string {
    this.calls.push(`finish_kit ${reply}`);
    return JSON.stringify({ registration: "K3", wrapped: "KW" });
  }
  forget_kit(): void {
    this.calls.push("forget_kit");
    this.kit_code = undefined;
  }
  reseal_list(page: string): string {
    this.calls.push(`reseal_list ${page}`);
    this.take();
    return JSON.stringify({ body: { deposits: ["CHECK"] }, deposits: 2, last: "bb", left: [{ deposit_id: "aa", reference: "A-1", differences: [] }] });
  }
  reseal_open(answer: string): string {
    this.calls.push(`reseal_open ${answer}`);
    return JSON.stringify({ body: { deposits: ["OPEN"] }, deposits: 2, left: [] });
  }
  reseal_seal(answer: string): string {
    this.calls.push(`reseal_seal ${answer}`);
    this.take();
    return JSON.stringify({ body: { deposits: ["SEALED"] }, deposits: 2, left: [] });
  }
  open_locator(source: string): string {
    this.calls.push(`open_locator ${source}`);
    return JSON.stringify({ deposit_id: "a".repeat(64), fields: [], differences: this.differences });
  }
  open_fields(answer: string): string {
    this.calls.push(`open_fields ${answer}`);
    return this.answer;
  }
  forget(id: string): void {
    this.calls.push(`forget ${id}`);
  }
  lock(): void {
    this.calls.push("lock");
  }
  free(): void {
    this.calls.push("free");
  }
}

export class FakeAttempt implements Attempt {
  readonly message = "KE1";
  freed = false;
  constructor(
    private readonly reply: () => string,
    private readonly opened: (...answers: string[]) => Opener = () => new FakeOpener(),
  ) {}
  finish(): string {
    return this.reply();
  }
  remembered: string | undefined;
  remember(place: string): void {
    this.remembered = place;
  }
  log: readonly string[] = [];
  remember_log(...log: readonly string[]): void {
    this.log = log;
  }
  confirmed: readonly [string, number] | undefined;
  confirm(timestamp: string, now: number): void {
    this.confirmed = [timestamp, now];
  }
  unlock(...answers: string[]): Opener {
    return this.opened(...answers);
  }
  waiting_words(waiting: string, anchor: string): string {
    return `words of ${waiting} under ${anchor}`;
  }
  free(): void {
    this.freed = true;
  }
}

export class FakeTab implements Tab {
  readonly proof = "PROOF";
  readonly calls: string[] = [];
  freed = false;
  constructor(
    readonly half = "HALF",
    private readonly kept: string = '{"half":"ROW","wrapped":"W"}',
    private readonly opened: (...answers: string[]) => Opener = () => new FakeOpener(),
  ) {}
  keep(): string | undefined {
    return this.kept === "nothing" ? undefined : this.kept;
  }
  remember(place: string): void {
    this.calls.push(`remember ${place}`);
  }
  remember_log(key: string, place: string): void {
    this.calls.push(`remember_log ${key} ${place}`);
  }
  confirm(timestamp: string): void {
    this.calls.push(`confirm ${timestamp}`);
  }
  readonly prf_input = "AAAA";
  /** The output is what it was when it was used: it is wiped afterwards. */
  unlock(prf: Uint8Array, ...answers: string[]): Opener {
    this.calls.push(`unlock ${prf.join()}`, ...answers);
    return this.opened(...answers);
  }
  resume(...answers: string[]): Opener {
    this.calls.push(...answers);
    return this.opened(...answers);
  }
  free(): void {
    this.freed = true;
  }
}

export class FakeJoiner implements Joiner {
  readonly message = "R1";
  words: string | undefined;
  freed = false;
  finish(reply: string, anchor: string): string {
    this.words = "one two";
    return JSON.stringify({ registration: `${reply} ${anchor}`, identity: {} });
  }
  free(): void {
    this.freed = true;
  }
}

/** Records its calls; `refuse` is a method and the code that it throws. */
export class FakeRecovery implements Recovery {
  readonly message = "KE1";
  readonly calls: string[] = [];
  freed = false;
  constructor(private readonly refuse: readonly [string, string] = ["", ""]) {}
  finish(reply: string): string {
    this.called("finish", reply);
    return "KE3";
  }
  unlock(identity: string, logs: boolean, anchor: string): void {
    this.called("unlock", `${identity} ${logs} ${anchor}`);
  }
  begin_passphrase(): string {
    this.called("begin_passphrase", "");
    return "R1";
  }
  finish_passphrase(reply: string, logKey: string, logPlace: string, now: string): string {
    this.called("finish_passphrase", `${reply} ${logKey} ${logPlace} ${now.replace(/\d/g, "0")}`);
    return JSON.stringify({ registration: "R3", wrapped: "W", log: { since: 0, entries: [] } });
  }
  logged(inLog: string): string | undefined {
    this.called("logged", inLog);
    return "place 2";
  }
  free(): void {
    this.freed = true;
  }
  private called(method: string, what: string): void {
    this.calls.push(`${method} ${what}`);
    if (this.refuse[0] === method) throw coded(this.refuse[1]);
  }
}

/** What a browser keeps, without the browser. */
export class FakeStorage implements Storage {
  readonly #items = new Map<string, string>();
  [name: string]: unknown;
  get length(): number {
    return this.#items.size;
  }
  clear(): void {
    this.#items.clear();
  }
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}

export function fakeEngine(
  attempt: Attempt,
  joiner: Joiner = new FakeJoiner(),
  tab: Tab = new FakeTab(),
  recovery: Recovery = new FakeRecovery(),
): Engine {
  return {
    recovery: () => recovery,
    attempt: () => attempt,
    joiner: () => joiner,
    tab: () => tab,
    invitation: () => ({ token: "TOKEN", token_hash: "HASH" }),
  };
}
