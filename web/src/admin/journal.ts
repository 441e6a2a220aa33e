// What is done at the vault goes through the audit log: signed before, proven after. One at a time, because each answer
// continues the log where the one before left it. Where no log is kept, requests go out as they are.

import type { Deed, Log, Opener, ResealStep } from "./engine.ts";
import { logError } from "./failure.ts";
import type { Memory } from "./remembered.ts";
import type { ResealedPage } from "./reseal.ts";
import type { Vault } from "./vault.ts";
import type { Recorded, RosterChanged, SearchRequest, SearchResult, ToLog } from "./wire.ts";

/** What can be searched by, ascending. */
const TERMS = ["brand", "country", "day", "last4", "postal_code", "reference"] as const;
/** Deposits of a page when a request does not say: the vault's own number. */
const LIMIT = 25;

export class Journal {
  /** Without a result: it would keep the opened values of the last answer alive after a lock. */
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly opener: Pick<
      Opener,
      "logs" | "log_place" | "log_size" | "sign" | "logged" | "read_log" | "new_grants" | "reseal_list" | "reseal_open" | "reseal_seal"
    >,
    private readonly vault: Vault,
    private readonly memory: Pick<Memory, "write">,
  ) {}

  /** Runs after everything that was begun before, whatever came of it. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run);
    const over = (): void => undefined;
    this.#last = done.then(over, over);
    return done;
  }

  /** Leaves signed entries in the log. */
  async record(deeds: readonly Deed[]): Promise<void> {
    if (!this.opener.logs || deeds.length === 0) return;
    await this.alone(async () => {
      const answer = await this.asked(() => this.vault.record(this.opener.sign(JSON.stringify(deeds), timeText())));
      this.taken(() => this.opener.logged(answer));
    });
  }

  /** Finds deposits. What is recorded of a search are the names of its terms, never what was looked for. */
  search(request: SearchRequest): Promise<SearchResult> {
    if (!this.opener.logs) return this.vault.search(request);
    return this.alone(async () => {
      const log = JSON.parse(this.opener.sign(JSON.stringify([deedOf(request)]), timeText())) as ToLog;
      const found = await this.asked(() => this.vault.search({ ...request, log }));
      return this.proven(found);
    });
  }

  /** Grants what somebody of the roster lacks and this admin holds, if there is anything. */
  grant(): Promise<void> {
    return this.alone(async () => {
      const grants = this.opener.new_grants(timeText());
      if (grants === undefined) return;
      this.proven(await this.asked(() => this.vault.grant(grants)));
    });
  }

  /** Grants to oneself what the WASM opened with the organisation's recovery key. */
  grantRecovered(make: (now: string) => string): Promise<void> {
    return this.alone(async () => {
      const grants = make(timeText());
      this.proven(await this.asked(() => this.vault.grantRecovered(grants)));
    });
  }

  /** Ends sessions of this admin elsewhere; each way is one sign-out in the log. */
  endSessions(end: (log: ToLog | undefined) => Promise<Recorded>): Promise<void> {
    return this.alone(async () => {
      const deeds = JSON.stringify([{ action: "sign-out" }]);
      const log = this.opener.logs ? (JSON.parse(this.opener.sign(deeds, timeText())) as ToLog) : undefined;
      this.proven(await this.asked(() => end(log)));
    });
  }

  /** Changes something of this admin's own by what the WASM makes, with its entry. */
  changeOwn(make: (now: string) => string, send: (body: string) => Promise<Recorded>): Promise<void> {
    return this.alone(async () => {
      const body = make(timeText());
      this.proven(await this.asked(() => send(body)));
    });
  }

  /** Changes the roster by what the WASM makes; whether it is taken, or waits for another admin's signature. */
  changeRoster(make: (now: string) => string): Promise<RosterChanged> {
    return this.alone(async () => {
      const change = make(timeText());
      return this.proven(await this.asked(() => this.vault.changeRoster(change)));
    });
  }

  /** Seals a page of deposits anew: what the WASM makes of each answer is the next request. */
  reseal(key: string, after: string | undefined, limit: number): Promise<ResealedPage> {
    const step = (make: () => string): ResealStep => JSON.parse(this.taken(make)) as ResealStep;
    return this.alone(async () => {
      const log = JSON.parse(this.opener.sign(JSON.stringify([{ action: "list", limit }]), timeText())) as ToLog;
      const page = await this.asked(() => this.vault.resealList(key, after, limit, log));
      const listed = step(() => this.opener.reseal_list(page, timeText()));
      const left = [...listed.left];
      const came = (done: number): ResealedPage => ({ done, left, last: listed.last });
      if (listed.body === undefined) return came(0);
      const found = await this.vault.openings(JSON.stringify(listed.body));
      const chosen = step(() => this.opener.reseal_open(found, timeText()));
      left.push(...chosen.left);
      if (chosen.body === undefined) return came(0);
      const opened = await this.asked(() => this.vault.resealOpen(chosen.body));
      const sealed = step(() => this.opener.reseal_seal(opened));
      left.push(...sealed.left);
      // A conflict is somebody who was faster; what it was not is found by the next who counts
      if (sealed.body !== undefined) await this.vault.reseal(sealed.body);
      return came(sealed.deposits);
    });
  }

  /** Reads entries, as many as there are of those. */
  read(first: number, count: number): Promise<Log> {
    return this.alone(async () => {
      const answer = await this.asked(() => this.vault.logEntries(first, count, Number(this.opener.log_size)));
      return JSON.parse(this.taken(() => this.opener.read_log(answer))) as Log;
    });
  }

  /** Takes an answer with the WASM's check of the log, and remembers how far it was seen. */
  taken<T>(take: () => T): T {
    try {
      const result = take();
      const place = this.opener.log_place;
      if (place !== undefined) this.memory.write("log", place);
      return result;
    } catch (error) {
      throw logError(error);
    }
  }

  /** An answer to a request that carried its entries. */
  private proven<T extends { readonly log: string | undefined }>(answer: T): T {
    if (this.opener.logs) this.taken(() => this.opener.logged(answer.log ?? "null"));
    return answer;
  }

  private async asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw logError(error);
    }
  }
}

/** The time as the WASM takes it. */
export function timeText(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

function deedOf(request: SearchRequest): Deed {
  const { limit } = request;
  const criteria = TERMS.filter((term) => request[term] !== undefined);
  return criteria.length === 0 ? { action: "list", limit: limit ?? LIMIT } : { action: "search", criteria };
}
