// What is left in a page: in its JavaScript heap, as DevTools takes it, in the memory of its WASM modules, and in what the browser
// keeps for it.

import type { CDPSession, Page } from "@playwright/test";

/** Every WASM module's memory, to be searched. */
export async function watchMemories(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const memories: WebAssembly.Memory[] = [];
    Object.assign(globalThis, { memories });
    const { instantiateStreaming, instantiate } = WebAssembly;
    const kept = <R extends { instance: WebAssembly.Instance }>(made: R): R => {
      memories.push(made.instance.exports["memory"] as WebAssembly.Memory);
      return made;
    };
    WebAssembly.instantiateStreaming = async (...all: Parameters<typeof instantiateStreaming>) =>
      kept(await instantiateStreaming(...all));
    // The glue falls back to this one where an answer has another media type
    WebAssembly.instantiate = (async (...all: Parameters<typeof instantiate>) =>
      kept((await instantiate(...all)) as unknown as WebAssembly.WebAssemblyInstantiatedSource)) as unknown as typeof instantiate;
  });
}

/** Which of these byte strings, given as hex, lie in a module's memory; with `planted` at its end while that is looked at. */
export async function inMemories(page: Page, wanted: readonly string[], planted = ""): Promise<string[]> {
  return page.evaluate(({ wanted, planted }) => {
    const { memories } = globalThis as unknown as { memories: WebAssembly.Memory[] };
    const bytesOf = (hex: string): number[] => (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
    const holds = (memory: Uint8Array, bytes: readonly number[]): boolean => {
      const [first = 0] = bytes;
      for (let at = memory.indexOf(first); at >= 0; at = memory.indexOf(first, at + 1)) {
        if (bytes.every((byte, offset) => memory[at + offset] === byte)) return true;
      }
      return false;
    };
    if (memories.length === 0) throw new Error("no module was started");
    const end = new Uint8Array(memories.at(-1)?.buffer ?? new ArrayBuffer(0)).subarray(-planted.length / 2 || undefined);
    const before = end.slice();
    if (planted !== "") end.set(bytesOf(planted));
    const found = wanted.filter((hex) => memories.some(({ buffer }) => holds(new Uint8Array(buffer), bytesOf(hex))));
    end.set(before);
    return found;
  }, { wanted, planted });
}

/** What the browser keeps of a page and shows of it: storage of every kind, address, history, title, document and inputs. */
export async function kept(page: Page): Promise<string> {
  const storage = await page.context().storageState({ indexedDB: true });
  const own = await page.evaluate(() => [
    Object.entries(sessionStorage),
    [location.href, document.title, history.state as unknown],
    [document.documentElement.outerHTML, ...[...document.querySelectorAll("input, textarea")].map((input) => (input as HTMLInputElement).value)],
  ]);
  return [JSON.stringify(storage), ...own.flat(2).map((one) => (typeof one === "string" ? one : JSON.stringify(one ?? null)))].join("\n");
}

/** Everything in the JavaScript heap, as one text; garbage is collected before. */
export async function heap(client: CDPSession): Promise<string> {
  const chunks: string[] = [];
  const take = ({ chunk }: { chunk: string }): unknown => chunks.push(chunk);
  client.on("HeapProfiler.addHeapSnapshotChunk", take);
  await client.send("HeapProfiler.collectGarbage");
  await client.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  client.off("HeapProfiler.addHeapSnapshotChunk", take);
  return chunks.join("");
}
