// What code that got into a page could do to run more, or to reach another's server. Without what stops it, each does what it is for.

/** `url` is a script elsewhere, `here` the page's own origin. Only what is in it is there when it runs in the page. */
export type Way = (url: string, here: string) => unknown;

export interface Attempt {
  readonly way: Way;
  /** What browsers say against it, of our pages. */
  readonly by: RegExp;
  /** Where nothing but Connection-Allowlist says it. */
  readonly allowlistOnly?: readonly ("fields" | "admin")[];
}

/** The first Chromium that reads Connection-Allowlist. */
const WITH_ALLOWLIST = 152;

/** Whether a browser of this version lacks it: then what only that stops is not stopped. */
export function lacksAllowlist(version: string): boolean {
  return Number(version.split(".", 1)[0]) < WITH_ALLOWLIST;
}

const CONNECT = /violation: connect-src /;
const TRUSTED_TYPES = /violation: require-trusted-types-for |TrustedScript/;
const ALLOWLIST = /ERR_NETWORK_ACCESS_REVOKED|connection-allowlist/;

/** Leads out of the page, with whatever it takes along. */
export const OUT: Readonly<Record<string, Attempt>> = {
  "a fetch": { way: (url) => fetch(url, { mode: "no-cors" }), by: CONNECT },
  "a beacon": { way: (url) => navigator.sendBeacon(url, "x"), by: CONNECT },
  "an image": { way: (url) => void (new Image().src = url), by: /violation: img-src / },
  "a web socket": { way: (url) => void new WebSocket(url.replace("http:", "ws:")), by: CONNECT },
  "an event source": { way: (url) => void new EventSource(url), by: CONNECT },
  "a font": { way: (url) => new FontFace("x", `url(${url})`).load(), by: /violation: font-src / },
  "a ping": {
    way: (url) => {
      const link = document.createElement("a");
      link.href = "#";
      link.ping = url;
      document.body.append(link);
      link.click();
    },
    by: CONNECT,
  },
  "a prefetch": {
    way: (url) => {
      const link = document.createElement("link");
      link.rel = "prefetch";
      link.href = url;
      document.head.append(link);
    },
    by: /violation: default-src /,
  },
  "a style": {
    way: (url) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = url;
      document.head.append(link);
    },
    by: /violation: style-src/,
  },
  "a frame": {
    way: (url) => {
      const frame = document.createElement("iframe");
      frame.src = url;
      document.body.append(frame);
    },
    by: /violation: frame-src /,
  },
  "a form": {
    way: (url) => {
      const form = document.createElement("form");
      form.action = url;
      document.body.append(form);
      form.submit();
    },
    by: /violation: form-action /,
  },
  "a navigation": { way: (url) => void (location.href = url), by: ALLOWLIST, allowlistOnly: ["fields", "admin"] },
  "a refresh": {
    way: (url) => {
      const meta = document.createElement("meta");
      meta.httpEquiv = "refresh";
      meta.content = `0;url=${url}`;
      document.head.append(meta);
    },
    by: ALLOWLIST,
    allowlistOnly: ["fields", "admin"],
  },
  // Content-Security-Policy has nothing for it in Chromium. Browsers ask a relay by TCP where it is to be; however that is refused,
  // by then it is known
  "a peer connection": {
    way: async (url) => {
      const urls = `turn:${new URL(url).host}?transport=tcp`;
      const peer = new RTCPeerConnection({ iceServers: [{ urls, username: "x", credential: "x" }] });
      const isOver = new Promise((done) => {
        peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && done(0));
        setTimeout(done, 5000);
      });
      peer.createDataChannel("x");
      await peer.setLocalDescription();
      await isOver;
      throw new Error("no more candidates");
    },
    by: /^\w*Error: /m,
    allowlistOnly: ["fields", "admin"],
  },
  "a new window": { way: (url) => void window.open(url), by: /sandbox|ERR_NETWORK_ACCESS_REVOKED|connection-allowlist/, allowlistOnly: ["admin"] },
  // A document of our own without our headers would be a way around Connection-Allowlist
  "a page of our own that is not there": {
    way: async (url, here) => {
      const frame = document.createElement("iframe");
      frame.src = `${here}/no-such-file`;
      document.body.append(frame);
      await new Promise((done) => frame.addEventListener("load", done));
      await frame.contentWindow?.fetch(url, { mode: "no-cors" });
    },
    by: /violation: frame-src /,
  },
  "an empty frame": {
    way: async (url) => {
      const frame = document.createElement("iframe");
      document.body.append(frame);
      await frame.contentWindow?.fetch(url, { mode: "no-cors" });
    },
    by: CONNECT,
  },
};

/** Runs more than the page itself. */
export const IN: Readonly<Record<string, Attempt>> = {
  "a script of elsewhere": {
    way: (url) => {
      const script = document.createElement("script");
      script.setAttribute("src", url);
      document.body.append(script);
    },
    by: TRUSTED_TYPES,
  },
  "a script with a text": {
    way: () => {
      const script = document.createElement("script");
      script.textContent = "window.injected = 1";
      document.body.append(script);
    },
    by: TRUSTED_TYPES,
  },
  "markup": { way: () => void (document.body.innerHTML += "<img src=x onerror='window.injected = 1'>"), by: TRUSTED_TYPES },
  "eval": { way: () => (0, eval)("window.injected = 1"), by: TRUSTED_TYPES },
  "a function of a text": { way: () => Function("window.injected = 1")(), by: TRUSTED_TYPES },
  "a handler": {
    way: () => {
      document.body.setAttribute("onclick", "window.injected = 1");
      document.body.click();
    },
    by: TRUSTED_TYPES,
  },
  "an address with code": { way: () => void (location.href = "javascript:void (window.injected = 1)"), by: /violation: (script-src|require-trusted-types-for)/ },
  "an import": { way: (url) => import(url), by: /violation: script-src/ },
  "an import of data": {
    way: () => {
      const data = "data:text/javascript,window.injected = 1";
      return import(data);
    },
    by: /violation: script-src/,
  },
  "a blob as a script": {
    way: () => {
      const script = document.createElement("script");
      script.src = URL.createObjectURL(new Blob(["window.injected = 1"], { type: "text/javascript" }));
      document.body.append(script);
    },
    by: TRUSTED_TYPES,
  },
  "a worker of a blob": { way: (url) => new Worker(URL.createObjectURL(new Blob([`fetch(${JSON.stringify(url)})`]))), by: TRUSTED_TYPES },
  "a page within the page": {
    way: (url) => {
      const frame = document.createElement("iframe");
      frame.srcdoc = `<script src="${url}"></script>`;
      document.body.append(frame);
    },
    by: TRUSTED_TYPES,
  },
};

/** Files of our own origin, put there by somebody, that say where to in their query. */
const TO = "decodeURIComponent(location.search.slice(1))";
export const FILES: Readonly<Record<string, string>> = {
  "x-fetches.js": `fetch(${TO}, { mode: "no-cors" });`,
  "x-imports.js": `importScripts(${TO});`,
  "x-module.js": `import { go } from "./x-part.js"; go(${TO});`,
  "x-part.js": "export const go = (url) => import(url);",
};

/**
 * Policies of a page do not hold for a worker with an address: it has those of its own answer, and neither `integrity` nor a map
 * of pins nor Integrity-Policy looks at its bytes. So there may be none.
 */
export const WORKERS: Readonly<Record<string, Attempt>> = {
  "a worker": { way: (url, here) => new Worker(`${here}/x-fetches.js?${encodeURIComponent(url)}`), by: TRUSTED_TYPES },
  "a worker that imports": { way: (url, here) => new Worker(`${here}/x-imports.js?${encodeURIComponent(url)}`), by: TRUSTED_TYPES },
  "a worker that is a module": {
    way: (url, here) => new Worker(`${here}/x-module.js?${encodeURIComponent(url)}`, { type: "module" }),
    by: TRUSTED_TYPES,
  },
  "a worker with a pin": {
    way: (url, here) => {
      const options = { integrity: `sha384-${"A".repeat(64)}` };
      return new Worker(`${here}/x-fetches.js?${encodeURIComponent(url)}`, options as WorkerOptions);
    },
    by: TRUSTED_TYPES,
  },
  "a shared worker": { way: (url, here) => new SharedWorker(`${here}/x-fetches.js?${encodeURIComponent(url)}`), by: TRUSTED_TYPES },
  "a service worker": {
    way: (url, here) => navigator.serviceWorker.register(`${here}/x-fetches.js?${encodeURIComponent(url)}`),
    by: TRUSTED_TYPES,
  },
};
