// End-to-end tests in the Chromium that the system has; nothing is downloaded.

import { defineConfig } from "@playwright/test";

/** As `cargo xtask test` found it. */
const executablePath = process.env["NIGHTSAFE_CHROMIUM"] ?? "/usr/bin/chromium";
/** Chromium's sandbox cannot be used by root. */
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  retries: 0,
  workers: 1, // one demo, one browser: two cores are busy with that
  reporter: "list",
  use: {
    browserName: "chromium",
    headless: true,
    locale: "en-GB",
    trace: "off", // a trace holds what was typed
    launchOptions: {
      executablePath,
      args: [
        ...(asRoot ? ["--no-sandbox"] : []),
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
