// Posts a deposit. The codes: what ingest's problem documents (RFC 9457) call the fault, or that it did not answer.

import { isRecord, isText } from "../shared/values.ts";
import type { Answer } from "./sealing.ts";

const TIMEOUT = 20_000;

export async function post(ingest: string, deposit: string): Promise<Answer> {
  try {
    const response = await fetch(`${ingest}/v1/deposits`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: deposit,
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return readAnswer(response.status, await response.json(), (JSON.parse(deposit) as { id: string }).id);
  } catch {
    return { kind: "unknown", code: "ingest_unreachable" };
  }
}

/** Reads status and body of ingest's answer to the deposit with this id. */
export function readAnswer(status: number, body: unknown, id: string): Answer {
  const { deposit_id: depositId, receipt, type }: Record<string, unknown> = isRecord(body) ? body : {};
  if (status === 201 && isText(depositId) && isText(receipt)) {
    // Whether ingest signed it, the shop verifies; which deposit it should be for, only this side knows
    const ours = depositId === id && receiptNames(receipt, id);
    return ours ? { kind: "stored", sealed: { depositId, receipt } } : { kind: "refused", code: "receipt_refused" };
  }
  // 408, 429 and 5xx say "the same request again"; anything that is neither yes nor no says nothing
  if (status < 400 || status === 408 || status === 429 || status >= 500) {
    return { kind: "unknown", code: "ingest_unavailable" };
  }
  const slug = isText(type) ? (type.split("/").pop() ?? "") : "";
  return { kind: "refused", code: slug.replaceAll(/[^a-z]/g, "_") || "ingest_refused" };
}

/** A receipt's payload starts with its deposit; see docs/spec/receipt.md. */
function receiptNames(receipt: string, id: string): boolean {
  // 78 bytes, groups of three: base64 has a prefix where the text has one
  const start = btoa(`{"deposit":"${id}",`);
  return receipt.split(".")[1]?.startsWith(start) === true;
}
