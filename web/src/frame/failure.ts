// Why something cannot be done.

import type { FieldProblem } from "../shared/protocol.ts";

/** `code` is stable; `problems` are fields that need the shopper's attention, when it is about these. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    readonly problems: readonly FieldProblem[] = [],
  ) {
    super(code);
  }
}
