// HPKE by other hands, for both suites of envelope v1.

import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

export type SuiteName = "xwing" | "x25519";

/** The suite and its KEM's id (docs/spec/envelope.md). */
export function suite(name: SuiteName): { readonly hpke: CipherSuite; readonly kemId: number } {
  const kem = name === "xwing" ? new XWing() : new DhkemX25519HkdfSha256();
  return {
    hpke: new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Chacha20Poly1305() }),
    kemId: name === "xwing" ? 0x647a : 0x0020,
  };
}

/** The bytes of a hex text, in a buffer of their own. */
export function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
