// Posts a deposit. The codes: what ingest's problem documents (RFC 9457) call the fault, or that it did not answer.

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
    return readAnswer(response.status, await response.json());
  } catch {
    return { kind: "unknown", code: "ingest_unreachable" };
  }
}

/** Reads status and body of ingest's answer. */
export function readAnswer(status: number, body: unknown): Answer {
  const members = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const { deposit_id: depositId, receipt, type } = members;
  if (status === 201 && typeof depositId === "string" && typeof receipt === "string") {
    return { kind: "stored", sealed: { depositId, receipt } };
  }
  // 408, 429 and 5xx say "the same request again"; anything that is neither yes nor no says nothing
  if (status < 400 || status === 408 || status === 429 || status >= 500) {
    return { kind: "unknown", code: "ingest_unavailable" };
  }
  const slug = typeof type === "string" ? (type.split("/").pop() ?? "") : "";
  return { kind: "refused", code: slug.replaceAll("-", "_") || "ingest_refused" };
}
