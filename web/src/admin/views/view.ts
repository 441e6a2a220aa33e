// What the shell knows of a view.

export interface View {
  /** For the browser's title bar, which ends up in its history: never anything about a customer. */
  readonly title: string;
  readonly element: HTMLElement;
  /** Puts the focus where work starts. */
  focus(): void;
  /** The page went to the background, or another view came up: nothing secret may stay. */
  hide(): void;
}
