// The one port, from the window that embeds this one. Nothing else is listened to.

import type { Settings } from "../shared/protocol.ts";
import { readOpening } from "../shared/to-frame.ts";

export interface Opened {
  readonly port: MessagePort;
  /** Origin of the page, from the browser; the signed policy says whether it may embed the frame. */
  readonly origin: string;
  readonly settings: Settings;
}

/** Waits for the first message that opens a port; later ones are ignored. */
export function opened(self: Window): Promise<Opened> {
  return new Promise((resolve) => {
    const take = ({ source, origin, ports, data }: MessageEvent): void => {
      const opening = readOpening(data);
      const [port] = ports;
      if (self.parent === self || source !== self.parent || ports.length !== 1 || !port || !opening) return;
      self.removeEventListener("message", take);
      resolve({ port, origin, settings: opening.settings });
    };
    self.addEventListener("message", take);
  });
}
