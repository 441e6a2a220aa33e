// The same suite as Nightsafe's, in JavaScript. The public key is in the page.

import { AAD, INFO, xwingSuite } from "../hpke.ts";
import { start } from "./harness.ts";

start(async (material) => {
  const suite = xwingSuite();
  const bytes = Uint8Array.from(atob(material), (character) => character.charCodeAt(0));
  const recipientPublicKey = await suite.kem.deserializePublicKey(bytes.buffer);
  const encoder = new TextEncoder();
  const seal = async (number: string): Promise<Uint8Array> => {
    const sender = await suite.createSenderContext({ recipientPublicKey, info: INFO });
    const ciphertext = new Uint8Array(await sender.seal(encoder.encode(number).buffer as ArrayBuffer, AAD));
    const enc = new Uint8Array(sender.enc);
    const message = new Uint8Array(enc.length + ciphertext.length);
    message.set(enc);
    message.set(ciphertext, enc.length);
    return message;
  };
  return {
    one: seal,
    many: async (numbers) => {
      const sealed = [];
      for (const number of numbers) sealed.push(await seal(number));
      return sealed;
    },
  };
});
