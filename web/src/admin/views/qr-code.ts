// A QR code as a drawing in the page: no address, no picture file, nothing that a policy would have to let through.

const SVG = "http://www.w3.org/2000/svg";
/** Modules of white around it, as readers want it. */
const QUIET = 4;

/** Row by row, `1` is dark. Always dark on white: cameras read it also from a dark screen. */
export function qrCode(rows: readonly string[], label: string): SVGSVGElement {
  const size = rows.length + 2 * QUIET;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "qr");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.append(shape("rect", { width: size, height: size, fill: "#fff" }), shape("path", { d: path(rows), fill: "#000" }));
  return svg;
}

function path(rows: readonly string[]): string {
  const dark = (row: string, y: number): string => [...row].map((cell, x) => (cell === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")).join("");
  return rows.map(dark).join("");
}

function shape(name: "rect" | "path", attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
