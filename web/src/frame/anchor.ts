// The lines of the trust anchor that are needed before the WASM is there. The WASM reads all of it.

/** A module, beside the frame document. */
export interface WasmFile {
  readonly name: string;
  readonly integrity: string;
}

export interface Addresses {
  /** Origin of ingest. */
  readonly ingest: string;
  readonly wasm: WasmFile;
  /** For browsers whose WebCrypto has no Ed25519. */
  readonly portable: WasmFile;
}

/**
 * Reads `ingest`, `wasm` and `wasm-portable` of the anchor. `undefined` when one is not of its exact form: browsers
 * treat an integrity text that they cannot read as if there were none.
 */
export function readAddresses(anchor: string): Addresses | undefined {
  const [, ingest] = /^ingest (https?:\/\/[^\s/]+)$/m.exec(anchor) ?? [];
  const [wasm, portable] = ["wasm", "wasm-portable"].map((key) => {
    const [, name, integrity] = new RegExp(`^${key} ([\\w.-]+) (sha384-[A-Za-z0-9+/]{64})$`, "m").exec(anchor) ?? [];
    return name && integrity ? { name, integrity } : undefined;
  });
  return ingest && wasm && portable ? { ingest, wasm, portable } : undefined;
}
