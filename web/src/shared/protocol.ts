// What element and frame say to each other over the port. Both sides check what they take: the
// frame is on another origin, and either file may be of another release than the other.

/** Version of this protocol; a frame answers no other. */
export const PROTOCOL = 1;

/** Parts of the frame's card. */
export const CARD_PARTS = ["number", "expiry", "holder"] as const;
export type CardPart = (typeof CARD_PARTS)[number];

/** What the shop may style, each a CSS custom property `--nightsafe-<name>`: `color` of labels, `text` of what is typed. */
export const THEME = ["color", "text", "background", "border", "accent", "error", "muted", "radius", "font", "font-size", "gap"] as const;
export type Theme = Partial<Record<(typeof THEME)[number], string>>;

/** How the frame looks and speaks. */
export interface Settings {
  /** `none`: no visible fields, the frame only seals what it is handed. */
  readonly fields: "card" | "none";
  readonly locale: string;
  readonly rtl: boolean;
  /** Value of CSS `color-scheme`. */
  readonly scheme: string;
  readonly theme: Theme;
  readonly disabled: boolean;
}

/** One input of the shop's own page. */
export interface InlineValue {
  /** `kind` or `kind.part`, as written in `data-nightsafe`. */
  readonly field: string;
  readonly index: number;
  readonly value: string;
}

/** One field that cannot be sealed as it is. */
export interface FieldProblem {
  readonly field: string;
  readonly index: number;
  /** Stable code, such as `required` or `invalid_number`. */
  readonly code: string;
  /** For the shopper, in the frame's language. */
  readonly message: string;
}

/** What ingest answered: both go to the shop. */
export interface Sealed {
  readonly depositId: string;
  readonly receipt: string;
}

/** What the card's fields are like; no values. */
export interface CardState {
  readonly complete: boolean;
  readonly empty: boolean;
  /** Facet name of the brand, or an empty text. */
  readonly brand: string;
  /** Stable code by part, for fields whose error is shown. */
  readonly errors: Partial<Record<CardPart, string>>;
}

/** Posted to the frame's window once, with exactly one port. */
export interface Opening {
  readonly nightsafe: typeof PROTOCOL;
  readonly settings: Settings;
}

export type ToFrame =
  | { readonly type: "settings"; readonly settings: Settings }
  | { readonly type: "focus" }
  | { readonly type: "reset" }
  | { readonly type: "seal"; readonly id: number; readonly reference: string; readonly values: readonly InlineValue[] };

export type FromFrame =
  | { readonly type: "hello" }
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly code: string }
  | { readonly type: "resize"; readonly height: number }
  | { readonly type: "change"; readonly state: CardState }
  | { readonly type: "submit" }
  | { readonly type: "sealed"; readonly id: number; readonly sealed: Sealed }
  | {
      readonly type: "refused";
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly problems: readonly FieldProblem[];
    };

/** The message when it is an opening of this version, else `undefined`. */
export function readOpening(data: unknown): Opening | undefined {
  return isRecord(data) && data["nightsafe"] === PROTOCOL && isSettings(data["settings"])
    ? (data as unknown as Opening)
    : undefined;
}

/** The message when it is one of the element's, else `undefined`. */
export function readToFrame(data: unknown): ToFrame | undefined {
  if (!isRecord(data)) return undefined;
  const known =
    data["type"] === "focus" ||
    data["type"] === "reset" ||
    (data["type"] === "settings" && isSettings(data["settings"])) ||
    (data["type"] === "seal" &&
      typeof data["id"] === "number" &&
      typeof data["reference"] === "string" &&
      Array.isArray(data["values"]) &&
      data["values"].every(isInlineValue));
  return known ? (data as unknown as ToFrame) : undefined;
}

function isSettings(value: unknown): value is Settings {
  return (
    isRecord(value) &&
    (value["fields"] === "card" || value["fields"] === "none") &&
    typeof value["locale"] === "string" &&
    typeof value["scheme"] === "string" &&
    isRecord(value["theme"])
  );
}

function isInlineValue(value: unknown): value is InlineValue {
  return (
    isRecord(value) &&
    typeof value["field"] === "string" &&
    Number.isInteger(value["index"]) &&
    typeof value["value"] === "string"
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
