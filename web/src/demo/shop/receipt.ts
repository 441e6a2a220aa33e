// The whole of what a shop has to do on its server: check the receipt that came with the order.

import { createPublicKey, verify } from "node:crypto";

/** Deposit id of a receipt for this order, or an error that says what is wrong. */
export function depositOf(receipt: string, receiptKey: string, site: string, reference: string): string {
  const key = Buffer.from(receiptKey.split("+").slice(2).join("+"), "base64").subarray(1);
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") }, format: "jwk" });
  const [header = "", payload = "", signature = ""] = receipt.split(".");
  if (!verify(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, "base64url")))
    throw new Error("The receipt is not signed by this site's receipt key.");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  if (claims["site"] !== site) throw new Error("The receipt is for another site.");
  if (claims["reference"] !== reference) throw new Error("The receipt is for another order.");
  return String(claims["deposit"]);
}
