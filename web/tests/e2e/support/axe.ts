// axe-core over a page and its frames.

import { expect, type Frame, type Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** No rule of axe-core is broken, in the page or any frame of it, and every frame was looked at. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  for (const frame of page.frames()) await showThrough(frame);
  for (const frame of page.frames()) {
    await frame.evaluate(settled);
    await frame.evaluate(SOURCE);
    await frame.evaluate(() => axe.configure({ allowedOrigins: ["<unsafe_all_origins>"] }));
  }
  // It is in every frame: none is given up because it does not answer within half a second
  const { violations, incomplete, passes } = (await page.evaluate(() => axe.run({ pingWaitTime: 0 }))) as AxeResults;
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target.join(" > ")).join(" | ")}`);
  expect(told, what).toEqual([]);
  expect(incomplete.map(({ id }) => id), what).not.toContain("frame-tested");
  expect(passes.length, what).toBeGreaterThan(10);
}

/** Colours on their way to others have a contrast that nobody sees for long. What moves for ever is not waited for. */
async function settled(): Promise<void> {
  const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map((one) => one.finished));
}

/** A frame that is transparent shows what is behind it, which axe cannot see: it is told. */
async function showThrough(frame: Frame): Promise<void> {
  if (frame.parentFrame() === null) return;
  const element = await frame.frameElement();
  const behind = await element.evaluate((inner) => {
    let place: Node | null = inner;
    while (place !== null) {
      const color = place instanceof Element ? getComputedStyle(place).backgroundColor : "";
      if (color !== "" && color !== "rgba(0, 0, 0, 0)") return color;
      place = place instanceof ShadowRoot ? place.host : place.parentNode;
    }
    return "Canvas";
  });
  await frame.evaluate((color) => (document.documentElement.style.backgroundColor = color), behind);
}

declare const axe: typeof import("axe-core");
