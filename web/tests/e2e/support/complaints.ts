// Everything that a browser complains of.

import type { Frame, Page } from "@playwright/test";

/** In any frame: console, uncaught errors, policy violations, failed requests, error pages in place of others. From here on. */
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
  // Of a window that is led elsewhere, and of a new one: a navigation that is refused before it begins fails no request
  const look = async (frame: Frame): Promise<void> => {
    const isErrorPage = frame.parentFrame() === null && frame.url().startsWith("chrome-error:");
    if (isErrorPage) all.push(`error page: ${await frame.locator("body").innerText().catch(String)}`);
  };
  page.on("framenavigated", (frame) => void look(frame));
  page.on("popup", (popup) => {
    void look(popup.mainFrame());
    popup.on("framenavigated", (frame) => void look(frame));
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
