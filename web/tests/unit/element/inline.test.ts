import assert from "node:assert/strict";
import { test } from "node:test";
import { inlineValues, nameOf, showProblems, takeNames, type Control } from "../../../src/element/inline.ts";

/** As much of an input as is used here. */
class FakeControl extends EventTarget {
  disabled = false;
  type = "text";
  checked = false;
  validity = "";
  reported = 0;
  readonly attributes = new Map<string, string>();
  constructor(
    readonly value: string,
    readonly dataset: Record<string, string>,
  ) {
    super();
  }
  matches(selector: string) {
    return selector === ":disabled" ? this.disabled : assert.fail(selector);
  }
  setCustomValidity(text: string) {
    this.validity = text;
  }
  reportValidity() {
    this.reported++;
  }
  setAttribute(name: string, value: string) {
    this.attributes.set(name, value);
  }
  removeAttribute(name: string) {
    this.attributes.delete(name);
  }
}

const control = (value: string, dataset: Record<string, string>) => new FakeControl(value, dataset);
const as = (...controls: FakeControl[]) => controls as unknown as Control[];

test("fields are named by kind and part, with an index", () => {
  const cases: [Record<string, string>, { field: string; index: number }][] = [
    [{ nightsafe: "phone" }, { field: "phone", index: 0 }],
    [{ nightsafe: "address.postal_code", nightsafeIndex: "1" }, { field: "address.postal_code", index: 1 }],
    [{ nightsafe: "phone", nightsafeIndex: "-1" }, { field: "phone", index: 0 }],
    [{ nightsafe: "phone", nightsafeIndex: "x" }, { field: "phone", index: 0 }],
  ];
  for (const [dataset, expected] of cases) assert.deepEqual(nameOf(as(control("", dataset))[0] as Control), expected);
});

test("disabled controls are left out, empty ones are not", () => {
  const off = control("1", { nightsafe: "phone" });
  off.disabled = true;
  assert.deepEqual(inlineValues(as(off, control("", { nightsafe: "email" }))), [{ field: "email", index: 0, value: "" }]);
});

test("a box or a button that is not ticked says nothing", () => {
  for (const type of ["checkbox", "radio"]) {
    const [yes, no] = [control("yes", { nightsafe: "consent" }), control("no", { nightsafe: "consent" })];
    yes.type = no.type = type;
    assert.deepEqual(inlineValues(as(yes, no)), []);
    no.checked = true;
    assert.deepEqual(inlineValues(as(yes, no)), [{ field: "consent", index: 0, value: "no" }]);
  }
});

test("names are taken away", () => {
  const input = control("1", { nightsafe: "phone" });
  input.setAttribute("name", "phone");
  takeNames(as(input));
  assert.equal(input.attributes.has("name"), false);
});

test("problems are shown at their controls until these are edited", () => {
  const [phone, mail, city] = [
    control("1", { nightsafe: "phone" }),
    control("x", { nightsafe: "email" }),
    control("y", { nightsafe: "address.city" }),
  ];
  const problems = [
    { field: "email", index: 0, code: "invalid_email", message: "mail" },
    { field: "phone", index: 0, code: "invalid_phone", message: "phone" },
    { field: "card.number", index: 0, code: "required", message: "number" },
  ];
  showProblems(as(phone, mail, city), problems, false);
  assert.deepEqual([phone.validity, mail.validity, city.validity], ["phone", "mail", ""]);
  assert.deepEqual([phone.reported, mail.reported], [1, 0]);
  assert.equal(phone.attributes.get("aria-invalid"), "true");
  phone.dispatchEvent(new Event("input"));
  assert.deepEqual([phone.validity, phone.attributes.has("aria-invalid"), mail.validity], ["", false, "mail"]);
  showProblems(as(phone), problems, true);
  assert.deepEqual([phone.validity, phone.reported], ["phone", 1]);
});
