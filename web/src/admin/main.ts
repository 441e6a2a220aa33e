// The admin site's one script. Starts fetching the WASM at once, so that signing in does not wait for it.

import { App } from "./app.ts";
import { ownConfig } from "./config.ts";
import { fill, h } from "./dom.ts";
import { loadEngine } from "./engine.ts";
import { tabMemory } from "./tab.ts";
import { Vault } from "./vault.ts";

const root = document.getElementById("app");
if (root !== null) {
  try {
    const config = ownConfig();
    const engine = loadEngine(config);
    engine.catch(() => undefined); // signing in says what happened
    const vault = new Vault(config.vault, (url, init) => fetch(url, init));
    new App(root, config, vault, engine, tabMemory(() => sessionStorage)).start();
  } catch {
    const advice = "It was published without its trust anchor. Build the site again and publish the result.";
    fill(root, h("main", {}, h("h1", {}, "This page is not complete"), h("p", {}, advice)));
  }
}
