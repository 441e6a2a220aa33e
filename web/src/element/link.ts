// One frame and the port to it: made, watched until it is ready, and taken away again.

import { readFromFrame } from "../shared/from-frame.ts";
import { PROTOCOL, type FromFrame, type Opening, type Settings, type ToFrame } from "../shared/protocol.ts";

/** Where the frame is; written into the script when the site is built. */
const SITE = { fields: "__NIGHTSAFE_FIELDS__", frame: "__NIGHTSAFE_FRAME__" };

/** How long the document, its first answer, and its readiness may take, in milliseconds. */
const DOCUMENT = 30_000;
const ANSWER = 4_000;
const READY = 45_000;

export interface LinkEvents {
  readonly message: (message: FromFrame) => void;
  /** The frame is of no use. */
  readonly failed: (code: string) => void;
}

export class Link {
  readonly frame = document.createElement("iframe");
  readonly #on: LinkEvents;
  #settings: Settings;
  #port: MessagePort | undefined;
  #timer = 0;

  constructor(title: string, settings: Settings, again: boolean, on: LinkEvents) {
    this.#on = on;
    this.#settings = settings;
    const { frame } = this;
    frame.title = title;
    frame.referrerPolicy = "no-referrer";
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms");
    frame.style.colorScheme = settings.scheme;
    if (settings.fields === "none") {
      frame.tabIndex = -1;
      frame.ariaHidden = "true";
    }
    frame.addEventListener("load", () => this.#open());
    // The second try reads past the browser's cache: the frame looks at its fragment
    frame.src = `${SITE.fields}/${SITE.frame}${again ? "#again" : ""}`;
    this.#limit(DOCUMENT, "frame_timeout");
  }

  send(message: ToFrame): void {
    this.#port?.postMessage(message);
  }

  dress(settings: Settings): void {
    this.#settings = settings;
    this.frame.style.colorScheme = settings.scheme;
    this.send({ type: "settings", settings });
  }

  /** Takes the frame away; nothing is told any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.frame.remove();
  }

  /** The document is there, and its script has run if the browser let it: hand it the port. */
  #open(): void {
    // Another document in the same frame: whatever it is, it is not the one that was loaded
    if (this.#port) return this.#on.failed("frame_replaced");
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#take(readFromFrame(data));
    this.#limit(ANSWER, "frame_silent");
    const opening: Opening = { nightsafe: PROTOCOL, settings: this.#settings };
    this.frame.contentWindow?.postMessage(opening, SITE.fields, [port2]);
  }

  #take(message: FromFrame | undefined): void {
    if (!message) return this.#on.failed("frame_replaced");
    if (message.type === "hello") return this.#limit(READY, "frame_timeout");
    if (message.type === "failed") return this.#on.failed(message.code);
    if (message.type === "ready") clearTimeout(this.#timer);
    this.#on.message(message);
  }

  #limit(milliseconds: number, code: string): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#on.failed(code), milliseconds);
  }
}
