// Browsers other than the one that the tests run in, played by it.

import type { Page } from "@playwright/test";

/** Makes WebCrypto refuse the algorithm in every frame, as Chrome before 137 does. */
export async function withoutEd25519(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { importKey } = SubtleCrypto.prototype;
    const refusing = function (this: SubtleCrypto, ...args: unknown[]): Promise<unknown> {
      const name = typeof args[2] === "string" ? args[2] : (args[2] as { name?: string } | undefined)?.name;
      if (name === "Ed25519") return Promise.reject(new DOMException("Unrecognized name", "NotSupportedError"));
      return Reflect.apply(importKey, this, args) as Promise<unknown>;
    };
    Object.assign(SubtleCrypto.prototype, { importKey: refusing });
  });
}

/** A page that says from the start that it is German. */
export async function inGerman(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (window.parent !== window) return;
    new MutationObserver(() => document.querySelector("nightsafe-card:not([locale])")?.setAttribute("locale", "de-DE")).observe(
      document,
      { childList: true, subtree: true },
    );
  });
}
