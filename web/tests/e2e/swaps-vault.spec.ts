// The swaps that the vault could try. Each is named in a plain sentence when an admin looks, and what does not verify is
// never shown as if it did.

import { SHOPPER } from "./support/checkout.ts";
import { envelopeHash, fieldOf, type Wire } from "./support/forger.ts";
import { honest, inventedOpenings, lyingOpenings, lyingSearch, type FoundRow } from "./support/liars.ts";
import { CHARGE, EXCHANGED, FORGED, INTACT, MISSING, OTHER_ORDER, REPLACED, RESEALED, honestOrders, refusesTheCard, type Honest } from "./support/swaps.ts";
import { expect, test } from "./support/test.ts";

let orders: Honest;
test.beforeAll(async ({ browser, demo }) => void (orders = await honestOrders(browser, demo)));
test.afterEach(({ desk }) => honest(desk.page));

test("the control: an honest vault", async ({ desk }) => {
  await desk.deposit(orders.visa.reference);
  await expect(desk.integrity).toContainText(INTACT);
  await desk.opened(["Card", "Address", "Phone", "E-mail"], CHARGE);
  expect(await desk.differences()).toEqual([]);
});

test("two deposits' cards exchanged", async ({ desk }) => {
  const [ours, theirs] = [fieldOf(orders.visa, "card"), fieldOf(orders.amex, "card")];
  await lyingOpenings(desk.page, ({ rows, present, ...rest }) => ({
    ...rest,
    rows: rows.map((row) => (row.tag === ours.tag ? { ...row, envelope: theirs.envelope } : row)),
    present: present.map((row) => (row.tag === ours.tag ? { ...row, envelope_hash: envelopeHash(theirs.envelope).toString("hex") } : row)),
  }));
  await desk.deposit(orders.visa.reference);
  expect(await desk.differences()).toEqual([REPLACED]);
  await refusesTheCard(desk, EXCHANGED);
});

test("a resealed card, with the hash of the genuine one when it is only asked for hashes", async ({ desk }) => {
  const ours = fieldOf(orders.visa, "card");
  const envelope = await orders.forger.seal(orders.visa, ours, FORGED);
  await lyingOpenings(desk.page, ({ rows, ...rest }) => ({
    ...rest,
    rows: rows.map((row) => (row.tag === ours.tag ? { ...row, envelope } : row)),
  }));
  await desk.deposit(orders.visa.reference);
  await expect(desk.integrity).toContainText(INTACT);
  await refusesTheCard(desk, RESEALED);
});

test("a second card beside the genuine one: only the customer's own is shown", async ({ desk }) => {
  const ours = fieldOf(orders.visa, "card");
  const envelope = await orders.forger.seal(orders.visa, ours, FORGED);
  await lyingOpenings(desk.page, ({ rows, ...rest }) => ({
    ...rest,
    rows: rows.flatMap((row) => (row.tag === ours.tag ? [{ ...row, envelope }, row] : [row])),
  }));
  await desk.deposit(orders.visa.reference);
  const shown = await desk.opened(["Card"], CHARGE);
  expect(shown["Card"]?.["Number"]).toBe(SHOPPER.number);
  expect(await desk.differences()).toEqual(["A second card was put beside the one that the customer sent."]);
});

test("a card dropped", async ({ desk }) => {
  const { tag } = fieldOf(orders.visa, "card");
  await lyingOpenings(desk.page, ({ rows, present, ...rest }) => ({
    ...rest,
    rows: rows.filter((row) => row.tag !== tag),
    present: present.filter((row) => row.tag !== tag),
  }));
  await desk.deposit(orders.visa.reference);
  expect(await desk.differences()).toEqual([MISSING]);
});

const DAMAGED = "The sealed list of what the customer sent does not open, so this deposit cannot be checked.";
const UNSIGNED = "This deposit was sealed with instructions that your site keys never signed.";

const EDITS: readonly { what: string; edit: () => Partial<FoundRow>; said: readonly string[]; state?: string }[] = [
  {
    what: "the last four digits",
    edit: () => ({ facets: { ...orders.visa.facets, last4: "9999" } }),
    said: ["The last four digits shown for this order were changed after the customer sent it."],
  },
  {
    what: "the postal code, taken away",
    edit: () => ({ facets: without(orders.visa.facets, "postal_code") }),
    said: ["The postal code shown for this order was changed after the customer sent it."],
  },
  {
    what: "the reference: another order's row under this order's name",
    edit: () => ({ ...rowOf(orders.amex), reference: orders.visa.reference }),
    said: [OTHER_ORDER],
  },
  {
    what: "the site",
    edit: () => ({ site: "other.example" }),
    said: ["This deposit was made for another shop and moved here afterwards."],
  },
  { what: "the locator, damaged", edit: () => ({ locator: flipped(orders.visa.locator) }), said: [DAMAGED] },
  { what: "the manifest, to one that was never published", edit: () => ({ manifest: "a5".repeat(32) }), said: [UNSIGNED, DAMAGED] },
  {
    what: "the key, to an unknown one",
    edit: () => ({ key_id: "a5".repeat(16) }),
    said: ["This deposit was sealed for a key that you do not hold, so it cannot be checked."],
    state: "notice",
  },
];

for (const { what, edit, said, state = "danger" } of EDITS) {
  test(`a row edited: ${what}`, async ({ desk }) => {
    await lyingSearch(desk.page, (row) => (row.deposit_id === orders.visa.id ? { ...row, ...edit() } : row));
    await desk.deposit(orders.visa.reference);
    expect(await desk.differences()).toEqual(said);
    await expect(desk.integrity).toHaveAttribute("data-state", state);
    if (said.some((sentence) => sentence.includes("cannot be checked"))) {
      await expect(desk.page.getByText("Without the sealed list there is nothing that can be opened.")).toBeVisible();
    }
  });
}

test("another deposit's locator in the row: what it opens is another order's, and that is said", async ({ desk }) => {
  await lyingSearch(desk.page, (row) => (row.deposit_id === orders.visa.id ? { ...row, locator: orders.amex.locator } : row));
  await desk.deposit(orders.visa.reference);
  const said = await desk.differences();
  expect(said[0]).toBe(OTHER_ORDER);
  expect(said).toContain("The last four digits shown for this order were changed after the customer sent it.");
  await expect(desk.integrity).toHaveAttribute("data-state", "danger");
});

test("a whole deposit sealed under a manifest that the site keys never signed", async ({ desk }) => {
  const forged = await orders.forger.deposit({ ...orders.visa, manifest: "a5".repeat(32) }, { card: FORGED });
  await lyingSearch(desk.page, (row) => (row.deposit_id === orders.visa.id ? { ...row, ...rowOf(forged) } : row));
  const card = fieldOf(forged, "card");
  await inventedOpenings(desk.page, ({ deposit_id, open, check }) => ({
    deposit_id,
    rows: open.map(() => ({ ...card, key_id: forged.key_id })),
    present: check.map((tag) => ({ tag, envelope_hash: envelopeHash(card.envelope).toString("hex"), point: "ab".repeat(32) })),
  }));
  await desk.deposit(forged.reference);
  expect(await desk.differences()).toEqual([UNSIGNED]);
  await expect(desk.integrity).toHaveAttribute("data-state", "danger");
  // It cannot show in its log what it made up
  await desk.open(["Card"], CHARGE);
  await expect(desk.page.getByRole("alert").filter({ hasText: "(log_refused)" })).toBeVisible();
  await expect(desk.revealed).toHaveCount(0);
  expect(await desk.differences(), "the warning stays").toEqual([UNSIGNED]);
  await desk.page.getByRole("button", { name: "Dismiss" }).click();
});

test("a manifest that was never signed, offered when signing in, is refused and said", async ({ admin }) => {
  await admin.page.route("**/v1/manifests", async (route) => {
    const response = await route.fetch();
    const { notes } = (await response.json()) as { notes: string[] };
    const changed = notes.map((note) => note.replace(/^sequence .*$/m, "sequence 7"));
    await route.fulfill({ response, json: { notes: [...notes, ...changed] } });
  });
  await admin.signIn();
  await expect(admin.page.getByText("The vault offered a key manifest that your site keys never signed.")).toBeVisible();
});

/** The index row that the vault makes of a deposit. */
function rowOf({ id, site, reference, manifest, key_id, facets, locator }: Wire): FoundRow {
  return { deposit_id: id, site, reference, manifest, key_id, facets, locator };
}

function without(facets: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(facets).filter(([each]) => each !== name));
}

/** One bit of the last byte. */
function flipped(envelope: string): string {
  const bytes = Buffer.from(envelope, "base64url");
  bytes[bytes.length - 1]! ^= 1;
  return bytes.toString("base64url");
}
