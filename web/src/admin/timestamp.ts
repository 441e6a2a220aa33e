// The timestamp note, straight from ingest: the vault, which it keeps in check, must not be the one to bring it.

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Signing in does not wait longer for it. */
const TIMEOUT_MS = 5_000;
/** Longer than any such note. */
const MAX_LENGTH = 4096;

/** The note as it came, or nothing when ingest gives none: it can be off while admins work. Never throws. */
export async function fetchTimestamp(ingest: string, fetcher: Fetch): Promise<string | undefined> {
  try {
    const response = await fetcher(`${ingest}/v1/timestamp`, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const note = await response.text();
    return note.length <= MAX_LENGTH ? note : undefined;
  } catch {
    return undefined;
  }
}
