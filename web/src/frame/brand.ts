// The little card beside the number. Letters and two circles: no image, nothing to load.

/** What is written on the mark, and how the brand is called. */
const BRANDS: Partial<Record<string, readonly [mark: string, name: string]>> = {
  visa: ["VISA", "Visa"],
  mastercard: ["", "Mastercard"],
  maestro: ["", "Maestro"],
  amex: ["AMEX", "American Express"],
  discover: ["DISC", "Discover"],
  diners: ["DINE", "Diners Club"],
  jcb: ["JCB", "JCB"],
  unionpay: ["UP", "UnionPay"],
};

/** Shows the mark of a brand, or none. */
export function brandMark(svg: Element | null, brand: string): void {
  if (svg === null || svg.getAttribute("data-brand") === brand) return;
  const [mark, name] = BRANDS[brand] ?? ["", ""];
  svg.toggleAttribute("hidden", !name);
  svg.setAttribute("data-brand", brand);
  svg.setAttribute("aria-label", name);
  const text = svg.querySelector("text");
  if (text) text.textContent = mark;
}
