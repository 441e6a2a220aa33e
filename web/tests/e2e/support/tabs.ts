// A browser whose tabs really go to the background. Playwright otherwise has every page believe that it is in front.

import { chromium, type BrowserContext, type LaunchOptions } from "@playwright/test";
import type { Demo } from "./demo.ts";

/** Runs with a context of such a browser, which is closed afterwards. */
export async function withRealTabs(options: LaunchOptions, demo: Demo, run: (context: BrowserContext) => Promise<void>): Promise<void> {
  const port = Number(new URL(demo.at.shop).port) + 8; // the last of the demo's ten, which it does not use
  const browser = await chromium.launch({ ...options, args: [...(options.args ?? []), `--remote-debugging-port=${port}`] });
  try {
    // `noDefaults`: among the defaults is that focus is emulated
    const plain = await chromium.connectOverCDP(`http://localhost:${port}`, { noDefaults: true });
    const [context] = plain.contexts();
    if (context === undefined) throw new Error("the browser has no default context");
    await run(context);
  } finally {
    await browser.close();
  }
}
