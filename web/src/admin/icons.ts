// Line icons, drawn from paths. All are decoration: the words beside them say the same.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  sealed: "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13zM12 14.5v2.5",
  intact: "M12 3l7.5 3v5.5c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V6zM8.5 12l2.5 2.5 4.5-5",
  danger: "M12 3.5l9.5 16.5h-19zM12 10v4.5M12 17.2v.3",
  notice: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.6v.3",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  back: "M19 12H5M11 6l-6 6 6 6",
  slot: "M4 5.5h16v13H4zM7.5 10h9M7.5 10v1.8h9V10",
} as const;

export type Icon = keyof typeof PATHS;

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
