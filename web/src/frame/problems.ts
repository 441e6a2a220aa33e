// Fields that cannot be sealed as they are, as the WASM reports them.

import type { FieldProblem } from "../shared/protocol.ts";
import { fieldMessage, type Texts } from "./texts.ts";

/** Reads lines `field index code`; a text of another form holds none. */
export function readProblems(report: string, texts: Texts): FieldProblem[] {
  return report.split("\n").flatMap((line) => {
    const [field, index, code] = line.split(" ");
    if (!field || !index || !code) return [];
    const part = field.split(".").pop() ?? "";
    return [{ field, index: Number(index), code, message: fieldMessage(texts, part, code) }];
  });
}
