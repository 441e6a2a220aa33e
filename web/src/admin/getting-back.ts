// Without the passphrase: from the recovery kit's code to a new one. In between there are keys in the page, and no session.

import type { Config } from "./config.ts";
import { painted } from "./dom.ts";
import { sentence } from "./failure.ts";
import { judge } from "./judge.ts";
import { showCode } from "./recover.ts";
import type { RecoverParts, Recovering } from "./recover.ts";
import { lostView } from "./views/lost.ts";
import { codeView, renewView } from "./views/recover.ts";
import type { View } from "./views/view.ts";

export interface GettingBackProps {
  readonly config: Config;
  readonly parts: () => RecoverParts;
  readonly show: (view: View) => void;
  /** Asks to sign in, which forgets what is here. */
  readonly signIn: (user: string, note: string, account?: boolean) => void;
}

export class GettingBack {
  /** Whose code was right, until a new passphrase is set. */
  #recovering: { readonly who: Recovering; readonly timer: ReturnType<typeof setTimeout> } | undefined;
  /** Tells a code whose answer is awaited from one that nobody waits for any more. */
  #turn = 0;

  constructor(private readonly props: GettingBackProps) {}

  /** Nobody is signed in; `back` leads to where it came from. */
  begin(user: string | undefined, back: () => void): void {
    this.props.show(lostView({ back, kit: () => this.askForCode(user, back) }));
  }

  /** Forgets code and keys; says whose they were, if there were any. */
  forget(): string | undefined {
    this.#turn += 1;
    if (this.#recovering === undefined) return undefined;
    const { who, timer } = this.#recovering;
    this.#recovering = undefined;
    clearTimeout(timer);
    who.free();
    return who.user;
  }

  private askForCode(user: string | undefined, back: () => void): void {
    const { config, parts, show, signIn } = this.props;
    const turn = ++this.#turn;
    const run = async (name: string, code: string): Promise<string | undefined> => {
      try {
        const who = await showCode(name, code, parts(), painted);
        if (turn !== this.#turn) return void who.free();
        // However long the vault would wait: the keys are in this page meanwhile
        const seconds = Math.min(who.expiresIn, RECOVERY_SECONDS);
        const timer = setTimeout(() => signIn(name, RECOVERY_LATE), seconds * 1000);
        this.#recovering = { who, timer };
        this.askForPassphrase(who, back);
        return undefined;
      } catch (error) {
        return sentence(error);
      }
    };
    show(codeView({ site: config.site, user, back, showCode: run }));
  }

  private askForPassphrase(who: Recovering, back: () => void): void {
    const { config, show, signIn } = this.props;
    const { user } = who;
    const renew = async (passphrase: string): Promise<string | undefined> => {
      try {
        await who.setPassphrase(passphrase, painted);
        signIn(user, RECOVERED, true);
        return undefined;
      } catch (error) {
        return sentence(error);
      }
    };
    const judged = (passphrase: string) => judge(config, passphrase, [user, config.site]);
    show(renewView({ user, judge: judged, renew, back }));
  }
}

const RECOVERED =
  "Your new passphrase is set, and the recovery kit is used up. Sign in with the new passphrase: the page that you then come to makes the next kit.";

/** At most, from the code to the new passphrase (docs/spec/identity.md). */
const RECOVERY_SECONDS = 900;

const RECOVERY_LATE = "That took too long, so the keys were forgotten. Unless the new passphrase is set already, begin again with the code.";
