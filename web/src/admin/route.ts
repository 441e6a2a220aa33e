// The address: nothing in it but, on a deposit's page, the deposit's id (a hash that says nothing to anybody else), and, in
// a link that is good once, the token of an invitation, which is taken out at once.

export type Route =
  | { readonly page: "search" }
  | { readonly page: "account" }
  | { readonly page: "keys" }
  | { readonly page: "log" }
  | { readonly page: "people" }
  | { readonly page: "join"; readonly token: string | undefined }
  | { readonly page: "deposit"; readonly id: string };

export function parseRoute(hash: string): Route {
  if (hash === "#/account") return { page: "account" };
  if (hash === "#/keys") return { page: "keys" };
  if (hash === "#/log") return { page: "log" };
  if (hash === "#/people") return { page: "people" };
  const join = /^#\/join(?:\/([A-Za-z0-9_-]{43}))?$/.exec(hash);
  if (join !== null) return { page: "join", token: join[1] };
  const [, id] = /^#\/deposit\/([0-9a-f]{64})$/.exec(hash) ?? [];
  return id === undefined ? { page: "search" } : { page: "deposit", id };
}

export function routeHash(route: Route): string {
  if (route.page === "account" || route.page === "people" || route.page === "keys" || route.page === "log") return `#/${route.page}`;
  if (route.page === "join") return route.token === undefined ? "#/join" : `#/join/${route.token}`;
  return route.page === "deposit" ? `#/deposit/${route.id}` : "#/";
}

/** What an invited person opens. */
export function joinLink(token: string): string {
  return new URL(routeHash({ page: "join", token }), location.href).href;
}

/** A new place in the history only where the address changes. */
export function setHash(hash: string): void {
  if (location.hash !== hash && !(location.hash === "" && hash === "#/")) history.pushState(null, "", hash);
}
