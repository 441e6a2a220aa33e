// Whether two pictures show the same page, seen from so far that neither fonts nor what changes from run to run (an order's
// number, a time, sealed bytes) matters: places that many pixels wide, each by the mean of its colours.

import type { BrowserContext } from "@playwright/test";

/** Pixels across a place: two or three lines of text. */
const PLACE = 40;
/** Of 255, in red, green or blue. Text in other letters mostly changes the mean of a place by less. */
const TELLING = 7;

const EVERYWHERE = [{ x: 0, y: 0, width: 1e6, height: 1e6 }];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Share of the places that differ, of all or of those within one of the boxes; pictures of different sizes differ everywhere. */
export async function differing(context: BrowserContext, one: Buffer, other: Buffer, within: readonly Box[] = EVERYWHERE): Promise<number> {
  const page = await context.newPage();
  try {
    return await page.evaluate(
      async ({ pictures, place, telling, boxes }) => {
        const means = async (base64: string): Promise<{ shape: string; places: number[][] }> => {
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
          canvas?.drawImage(bitmap, 0, 0);
          const places: number[][] = [];
          for (let y = 0; y < bitmap.height; y += place) {
            for (let x = 0; x < bitmap.width; x += place) {
              const [width, height] = [Math.min(place, bitmap.width - x), Math.min(place, bitmap.height - y)];
              const inside = (box: (typeof boxes)[number]): boolean =>
                x >= box.x && y >= box.y && x + width <= box.x + box.width && y + height <= box.y + box.height;
              if (!boxes.some(inside)) continue;
              const { data } = canvas!.getImageData(x, y, width, height);
              const sums = [0, 0, 0];
              for (let at = 0; at < data.length; at += 4) for (const n of [0, 1, 2]) sums[n]! += data[at + n]!;
              places.push(sums.map((sum) => sum / (width * height)));
            }
          }
          return { shape: `${bitmap.width} × ${bitmap.height}`, places };
        };
        const [before, after] = [await means(pictures[0]!), await means(pictures[1]!)];
        if (before.shape !== after.shape) return 1;
        const different = before.places.filter((mean, n) => mean.some((value, c) => Math.abs(value - after.places[n]![c]!) > telling));
        return different.length / before.places.length;
      },
      { pictures: [one, other].map((picture) => picture.toString("base64")), place: PLACE, telling: TELLING, boxes: within },
    );
  } finally {
    await page.close();
  }
}
