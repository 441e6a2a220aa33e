// HPKE in JavaScript, as page and check use it: base mode, X-Wing, HKDF-SHA256, ChaCha20-Poly1305.

import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

export function xwingSuite(): CipherSuite {
  return new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
}

/** Length of X-Wing's `enc`, which comes before the ciphertext. */
export const ENC = 1120;

// As long as those of an envelope (docs/spec/envelope.md); what is in them makes no difference here
export const INFO = new Uint8Array(54).buffer;
export const AAD = new Uint8Array(90).buffer;
