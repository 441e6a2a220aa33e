// The shop's script: pinned by `integrity=` on the checkout page, defines <nightsafe-card>.

import { NightsafeCard } from "./card.ts";

if (!customElements.get("nightsafe-card")) customElements.define("nightsafe-card", NightsafeCard);
