// What element and frame say to each other over the port. Both sides check what they take (from-frame.ts, to-frame.ts):
// each is on another origin than the other, and the frame's document is the one link that no hash pins. Whoever gets
// anything else takes the other side for broken, and stops.

/** Version of this protocol: a frame answers no other, and both sides say nothing else in it. */
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
