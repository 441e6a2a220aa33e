// Roles of people, as they are typed and said.

/** A role's name, as formats have it. */
const ROLE = /^[a-z][a-z0-9.-]{0,31}$/;
const MOST = 8;

/** The roles of a form in the order of formats; nothing when one is no role's name, or there are none or too many. */
export function readRoles(admin: boolean, others: string): readonly string[] | undefined {
  const typed = others.toLowerCase().split(/[\s,]+/).filter((role) => role !== "");
  const roles = [...new Set(admin ? [...typed, "admin"] : typed)].sort();
  return roles.length >= 1 && roles.length <= MOST && roles.every((role) => ROLE.test(role)) ? roles : undefined;
}

/** All but `admin`, for the form. */
export function otherRoles(roles: readonly string[]): string {
  return roles.filter((role) => role !== "admin").join(", ");
}

/** "admin and shipping". */
export function sayRoles(roles: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(roles);
}
