// The two lines of the trust anchor that are needed before the WASM is there. The WASM reads all of it.

export interface Addresses {
  /** Origin of ingest. */
  readonly ingest: string;
  /** File name of the WASM, beside the frame document. */
  readonly wasm: string;
  readonly integrity: string;
}

/**
 * Reads `ingest` and `wasm` of the anchor. `undefined` when one is not of its exact form: browsers
 * treat an integrity text that they cannot read as if there were none.
 */
export function readAddresses(anchor: string): Addresses | undefined {
  const ingest = /^ingest (https?:\/\/[^\s/]+)$/m.exec(anchor)?.[1];
  const wasm = /^wasm ([\w.-]+) (sha384-[A-Za-z0-9+/]{64})$/m.exec(anchor);
  if (ingest === undefined || wasm?.[1] === undefined || wasm[2] === undefined) return undefined;
  return { ingest, wasm: wasm[1], integrity: wasm[2] };
}
