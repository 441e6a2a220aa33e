// The address: nothing in it but, on a deposit's page, the deposit's id (a hash that says nothing to anybody else).

export type Route = { readonly page: "search" } | { readonly page: "account" } | { readonly page: "log" } | { readonly page: "deposit"; readonly id: string };

export function parseRoute(hash: string): Route {
  if (hash === "#/account") return { page: "account" };
  if (hash === "#/log") return { page: "log" };
  const [, id] = /^#\/deposit\/([0-9a-f]{64})$/.exec(hash) ?? [];
  return id === undefined ? { page: "search" } : { page: "deposit", id };
}

export function routeHash(route: Route): string {
  if (route.page === "account") return "#/account";
  if (route.page === "log") return "#/log";
  return route.page === "deposit" ? `#/deposit/${route.id}` : "#/";
}
