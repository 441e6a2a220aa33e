// Signatures, verified by the browser's own WebCrypto: it is there, it is fast, and it is not in our module.

/** The curve's base point: a key as good as any. */
const POINT = new Uint8Array(32).fill(0x66).fill(0x58, 0, 1);

/** Whether the browser can: Chrome from 137, Firefox from 129, Safari from 17. The others get the portable module. */
export async function hasEd25519(): Promise<boolean> {
  return imported(POINT).then(() => true, () => false);
}

/**
 * Verifies what the WASM asks for: public key, signature, length of the message, message, one request after the other.
 * Gives a byte for each, 1 for a good signature; what cannot be verified is a wrong one.
 */
export async function verdictsOn(requests: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const verdicts: Promise<boolean>[] = [];
  const view = new DataView(requests.buffer, requests.byteOffset);
  for (let at = 0; at < requests.length; ) {
    const message = at + 100;
    const end = message + view.getUint32(at + 96);
    const [key, signature, text] = [requests.slice(at, at + 32), requests.slice(at + 32, at + 96), requests.slice(message, end)];
    verdicts.push(imported(key).then((key) => crypto.subtle.verify("Ed25519", key, signature, text)).catch(() => false));
    at = end;
  }
  return Uint8Array.from(await Promise.all(verdicts), Number);
}

// Async, because a browser that does not know the algorithm may throw at once
async function imported(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
}
