// Passkeys: authenticators of the browser's own making, the section of the account page, and signing in with one.

import { expect, type CDPSession, type Locator, type Page } from "@playwright/test";
import type { Admin } from "./admin.ts";

/** Argon2id, and all else that is waited for. */
const PATIENCE = { timeout: 30_000 };

export class Passkeys {
  readonly page: Page;
  readonly section: Locator;
  #session: CDPSession | undefined;
  #authenticator: string | undefined;

  constructor(private readonly admin: Admin) {
    this.page = admin.page;
    this.section = this.page.getByRole("region", { name: "Passkeys" });
  }

  /** Another device, in the place of the one before, which is lost. */
  async device({ hasPrf }: { readonly hasPrf: boolean }): Promise<void> {
    const session = (this.#session ??= await this.page.context().newCDPSession(this.page));
    await session.send("WebAuthn.enable");
    if (this.#authenticator !== undefined) {
      await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: this.#authenticator });
    }
    const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        hasPrf,
      },
    });
    this.#authenticator = authenticatorId;
  }

  /** Whether the device finds the right finger. */
  async verifies(isUserVerified: boolean): Promise<void> {
    await this.#session?.send("WebAuthn.setUserVerified", { authenticatorId: this.#authenticator ?? "", isUserVerified });
  }

  async open(): Promise<void> {
    await this.page.getByRole("button", { name: "Account" }).click();
    await expect(this.section.getByLabel("Your passphrase")).toBeVisible();
    await expect(this.section.locator("ul")).not.toHaveAttribute("aria-busy");
  }

  async add(name: string, passphrase: string): Promise<void> {
    await this.section.getByLabel("What do you call it?").fill(name);
    await this.section.getByLabel("Your passphrase").fill(passphrase);
    await this.section.getByRole("button", { name: "Add a passkey" }).click();
  }

  row(name: string): Locator {
    return this.section.getByRole("listitem").filter({ hasText: name });
  }

  async remove(name: string): Promise<void> {
    await this.section.getByRole("button", { name: `Remove the passkey ${name}` }).click();
    await expect(this.row(name)).toHaveCount(0);
  }

  async signOut(): Promise<void> {
    await this.page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(this.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  }

  /** With the passphrase, and the passkey that is asked for then. */
  async signInWithBoth(): Promise<void> {
    const shown = this.page.waitForRequest((request) => request.url().endsWith("/v1/login/passkey"), PATIENCE);
    await this.admin.credentials();
    await shown;
    await expect(this.page.getByRole("search")).toBeVisible(PATIENCE);
  }

  async signInAlone(): Promise<void> {
    await this.page.getByRole("button", { name: "Sign in with a passkey" }).click();
  }
}
