// libsodium's sealed box: X25519, XSalsa20-Poly1305. The public key is in the page.

import sodium from "libsodium-wrappers";
import { start } from "./harness.ts";

start(async (material) => {
  await sodium.ready;
  const publicKey = sodium.from_base64(material, sodium.base64_variants.ORIGINAL);
  const seal = (number: string): Uint8Array => sodium.crypto_box_seal(number, publicKey);
  return { one: seal, many: (numbers) => numbers.map(seal) };
});
