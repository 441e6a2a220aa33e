// People: who is an admin, who waits, what needs a second signature, and inviting.

import { dueSentence } from "../due.ts";
import { button, fill, focusOn, h } from "../dom.ts";
import type { ChangeRequest, Proposal } from "../engine.ts";
import { Refused } from "../failure.ts";
import type { Team } from "../session.ts";
import { backLink } from "./back.ts";
import { InviteForm } from "./invite.ts";
import { personItem } from "./person.ts";
import { proposalItem } from "./proposal.ts";
import { section } from "./section.ts";
import { thresholdSection } from "./threshold.ts";
import type { View } from "./view.ts";
import { openInvitationItem, waitingItem } from "./waiting.ts";

/** What a person at the screen can ask for; each resolves when it is done, and to nothing when it did not work. */
export interface PeopleActions {
  readonly change: (request: ChangeRequest, done: string) => Promise<void>;
  readonly cosign: (proposal: Proposal, done: string) => Promise<void>;
  readonly drop: (proposal: Proposal) => Promise<void>;
  readonly withdraw: (name: string, done: string) => Promise<void>;
  /** The link, or nothing. */
  readonly invite: (name: string, roles: readonly string[]) => Promise<string | undefined>;
  readonly copy: (text: string) => Promise<boolean>;
}

export interface PeopleProps {
  readonly load: () => Promise<Team>;
  readonly change: (request: ChangeRequest) => Promise<boolean>;
  readonly cosign: (proposal: Proposal) => Promise<boolean>;
  readonly drop: (proposal: Proposal) => Promise<void>;
  readonly withdraw: (name: string) => Promise<void>;
  readonly invite: (name: string, roles: readonly string[]) => Promise<string>;
  readonly copy: (text: string) => Promise<boolean>;
  readonly say: (text: string) => void;
  readonly fail: (error: unknown, again: () => void) => void;
  readonly worked: () => void;
  /** Goes to the page of the keys. */
  readonly keys: () => void;
  readonly back: () => void;
}

const PROPOSED = "Signed. It waits for another admin’s signature.";

export class PeopleView implements View {
  readonly title = "People";
  readonly element: HTMLElement;
  readonly #heading = h("h1", {}, "People");
  readonly #content = h("div", { class: "people-sections" }, h("p", { class: "progress", role: "status" }, "Reading the list…"));
  #busy = false;
  #gone = false;

  constructor(private readonly props: PeopleProps) {
    const again = button("Look again", () => void this.refresh().then(() => props.say("This is the list as it is now.")));
    const top = h("div", { class: "row between" }, this.#heading, again);
    this.element = h("div", { class: "people-page" }, backLink(props.back), top, this.#content);
  }

  focus(): void {
    focusOn(this.#heading);
  }

  hide(): void {
    // A link that was just made stays: its reader goes elsewhere to send it
  }

  /** Nobody waits for it any more. */
  close(): void {
    this.#gone = true;
  }

  /** Reads the list, and shows it; `kept` leaves on screen what was told of a failure. */
  async refresh(kept = false): Promise<void> {
    try {
      const team = await this.props.load();
      if (this.#gone) return;
      if (!kept) this.props.worked();
      this.render(team);
    } catch (error) {
      if (!this.#gone) this.props.fail(error, () => void this.refresh());
    }
  }

  private render(team: Team): void {
    const { people, waiting, open, proposals, admin, threshold, due } = team;
    const actions: PeopleActions = {
      change: (request, done) => this.run(async () => ((await this.props.change(request)) ? done : PROPOSED)),
      cosign: (proposal, done) => this.run(async () => ((await this.props.cosign(proposal)) ? done : PROPOSED)),
      drop: (proposal) => this.run(async () => (await this.props.drop(proposal), "The change was dropped.")),
      withdraw: (name, done) => this.run(async () => (await this.props.withdraw(name), done)),
      invite: (name, roles) => this.invite(name, roles),
      copy: (text) => this.props.copy(text),
    };
    const invite = new InviteForm(actions);
    fill(
      this.#content,
      due === undefined ? undefined : section("To be done now", dueSentence(due), h("li", {}, button("Keys and epochs", this.props.keys))),
      waiting.length === 0
        ? undefined
        : section("Waiting for you", WAITING_LEAD, ...waiting.map((one) => waitingItem(one, threshold, actions))),
      proposals.length === 0
        ? undefined
        : section("Needs a second signature", PROPOSALS_LEAD, ...proposals.map((one) => proposalItem(one, actions))),
      section("Admins and others", people.length === 0 ? NO_ROSTER : LEAD, ...people.map((one) => personItem(one, admin, actions, invite))),
      admin ? invite.element : undefined,
      open.length === 0
        ? undefined
        : section("Open invitations", OPEN_LEAD, ...open.map((one) => openInvitationItem(one, actions))),
      admin ? thresholdSection(threshold, actions) : undefined,
    );
  }

  /** One thing at a time; what it came to is said, and the list is read again. */
  private async run(work: () => Promise<string>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#content.setAttribute("aria-busy", "true");
    let done: string | undefined;
    try {
      done = await work();
    } catch (error) {
      if (!this.#gone) this.props.fail(error, () => void this.refresh());
      // Somebody else may have been first: what is decided next is decided by the list of now
      if (!this.#gone && error instanceof Refused) await this.refresh(true);
    }
    this.#busy = false;
    this.#content.removeAttribute("aria-busy");
    if (done === undefined || this.#gone) return;
    await this.refresh();
    this.props.say(done);
    focusOn(this.#heading); // what was pressed is gone
  }

  /** The form shows the link, so that the list below it is left as it is. */
  private async invite(name: string, roles: readonly string[]): Promise<string | undefined> {
    try {
      const link = await this.props.invite(name, roles);
      this.props.worked();
      return link;
    } catch (error) {
      if (!this.#gone) this.props.fail(error, () => void this.refresh());
      return undefined;
    }
  }
}

const LEAD =
  "Signed from the site keys down, and verified in this browser. The twelve words are a person’s keys.";
const NO_ROSTER = "There is no signed list of admins yet. Whoever holds the site keys begins it.";
const WAITING_LEAD =
  "They have joined by an invitation and can do nothing yet. Compare all twelve words with each of them, by telephone or " +
  "in person: a vault that was broken into could show you somebody else’s keys.";
const PROPOSALS_LEAD = "Two admins must sign a change. One has signed these.";
const OPEN_LEAD = "Nobody has used these yet. Each is good once.";
