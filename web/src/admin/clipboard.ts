// Copying one part of an opened value. Pages cannot see what else is on the clipboard, nor clear it from the background.

export type Cleared = "nothing-copied" | "cleared" | "still-there";

export class Clipboard {
  #holds = false;

  constructor(private readonly board: Pick<globalThis.Clipboard, "writeText"> | undefined) {}

  /** Whether a value that was copied here may still be on the clipboard. */
  get holds(): boolean {
    return this.#holds;
  }

  /** False when the browser does not allow it. */
  async copy(value: string): Promise<boolean> {
    const done = await this.write(value);
    if (done) this.#holds = true;
    return done;
  }

  /** Overwrites what was copied; browsers refuse that to a page which is not in front. */
  async clear(): Promise<Cleared> {
    if (!this.#holds) return "nothing-copied";
    // An empty text is ignored on some systems, so a space takes the value's place
    if (!(await this.write(" "))) return "still-there";
    this.#holds = false;
    return "cleared";
  }

  private async write(text: string): Promise<boolean> {
    try {
      await this.board?.writeText(text);
      return this.board !== undefined;
    } catch {
      return false;
    }
  }
}
