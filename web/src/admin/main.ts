// The admin site's one script. Starts fetching the WASM at once, so that signing in does not wait for it.

import { App } from "./app.ts";
import { ownConfig } from "./config.ts";
import { fill, h } from "./dom.ts";
import { loadEngine } from "./engine.ts";
import { Vault } from "./vault.ts";

const root = document.getElementById("app");
if (root !== null) {
  try {
    const config = ownConfig();
    const engine = loadEngine(config);
    engine.catch(() => undefined); // signing in says what happened
    new App(root, config, new Vault(config.vault, (url, init) => fetch(url, init)), engine).start();
  } catch {
    const advice = "It was published without its trust anchor. Build the site again and publish the result.";
    fill(root, h("main", {}, h("h1", {}, "This page is not complete"), h("p", {}, advice)));
  }
}
