// Everything that a browser complains of.

import type { Page } from "@playwright/test";

/** In any frame: console, uncaught errors, policy violations, failed requests. From here on. */
export async function complaints(page: Page): Promise<string[]> {
  const all: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) all.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => all.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => all.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) all.push(`${response.status()}: ${response.url()}`);
  });
  await page.exposeBinding("complain", (_, text: string) => void all.push(text));
  await page.addInitScript(() => {
    const { complain } = window as unknown as { complain: (text: string) => void };
    addEventListener("securitypolicyviolation", (event) => complain(`violation: ${event.effectiveDirective} ${event.blockedURI}`));
    new ReportingObserver((reports) => {
      for (const { type, url } of reports as { type: string; url: string }[]) complain(`report: ${type} ${url}`);
    }, { buffered: true }).observe();
  });
  return all;
}
