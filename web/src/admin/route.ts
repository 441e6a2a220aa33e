// The address: nothing in it but, on a deposit's page, the deposit's id (a hash that says nothing to anybody else).

export type Route = { readonly page: "search" } | { readonly page: "deposit"; readonly id: string };

export function parseRoute(hash: string): Route {
  const [, id] = /^#\/deposit\/([0-9a-f]{64})$/.exec(hash) ?? [];
  return id === undefined ? { page: "search" } : { page: "deposit", id };
}

export function routeHash(route: Route): string {
  return route.page === "deposit" ? `#/deposit/${route.id}` : "#/";
}
