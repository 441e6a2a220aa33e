// What is left in a page: in its JavaScript heap, as DevTools takes it, and in the memory of its WASM modules.

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

/** Which of these byte strings, given as hex, lie in a module's memory. */
export async function inMemories(page: Page, wanted: readonly string[]): Promise<string[]> {
  return page.evaluate((wanted) => {
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
    return wanted.filter((hex) => memories.some(({ buffer }) => holds(new Uint8Array(buffer), bytesOf(hex))));
  }, wanted);
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
