// What the frame takes from its page: members that it does not know it does not read. Each value of the theme is held to
// what a look needs where it is used (theme.ts).

import { PROTOCOL, type InlineValue, type Opening, type Settings, type ToFrame } from "./protocol.ts";
import { isNumber, isRecord, isText } from "./values.ts";

const LIST_LIMIT = 1e3;

/** The message when it is an opening of this version, else `undefined`. */
export function readOpening(data: unknown): Opening | undefined {
  return isRecord(data) && data["nightsafe"] === PROTOCOL && isSettings(data["settings"]) ? (data as unknown as Opening) : undefined;
}

/** The message when it is one of the element's, else `undefined`. */
export function readToFrame(data: unknown): ToFrame | undefined {
  if (!isRecord(data)) return undefined;
  const known =
    data["type"] === "focus" ||
    data["type"] === "reset" ||
    (data["type"] === "settings" && isSettings(data["settings"])) ||
    (data["type"] === "seal" &&
      isNumber(data["id"]) &&
      isText(data["reference"]) &&
      Array.isArray(data["values"]) &&
      data["values"].length <= LIST_LIMIT &&
      data["values"].every(isInlineValue));
  return known ? (data as unknown as ToFrame) : undefined;
}

function isSettings(value: unknown): value is Settings {
  return (
    isRecord(value) &&
    (value["fields"] === "card" || value["fields"] === "none") &&
    isText(value["locale"]) &&
    typeof value["rtl"] === "boolean" &&
    isText(value["scheme"]) &&
    isRecord(value["theme"]) &&
    typeof value["disabled"] === "boolean"
  );
}

function isInlineValue(value: unknown): value is InlineValue {
  return isRecord(value) && isText(value["field"]) && isNumber(value["index"]) && isText(value["value"]);
}
