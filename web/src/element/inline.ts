// Inputs of the shop's own page that are sealed with the card: handed to the frame, never sent by the form.

import type { FieldProblem, InlineValue } from "../shared/protocol.ts";

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const MARKED = ":is(input,select,textarea)[data-nightsafe]";

/** The marked controls that belong to the form, and those beside the element that belong to no other. */
export function markedControls(form: HTMLFormElement | null, root: ParentNode): Control[] {
  const all = new Set<Control>();
  for (const place of form ? [root, form, form.getRootNode() as ParentNode] : [root]) {
    for (const control of place.querySelectorAll<Control>(MARKED)) {
      if (control.form === form || (control.form === null && place === root)) all.add(control);
    }
  }
  return [...all];
}

/** Takes the names away: what has no name is not part of what a form sends. */
export function takeNames(controls: readonly Control[]): void {
  for (const control of controls) control.removeAttribute("name");
}

/** What the frame is handed. Empty controls count: they make a record whose other parts are filled incomplete. */
export function inlineValues(controls: readonly Control[]): InlineValue[] {
  return controls.filter(isSuccessful).map((control) => ({ ...nameOf(control), value: control.value }));
}

/** Whether a form would send the control if it had a name: a box that is not ticked has a value, but does not say it. */
function isSuccessful(control: Control): boolean {
  const isTicked = !/^(checkbox|radio)$/.test(control.type) || (control as HTMLInputElement).checked;
  // Also by a fieldset around it
  return isTicked && !control.matches(":disabled");
}

/** Field name and index of a control. */
export function nameOf({ dataset }: Control): { field: string; index: number } {
  const index = Number(dataset["nightsafeIndex"] ?? 0);
  return { field: dataset["nightsafe"] ?? "", index: Number.isInteger(index) && index >= 0 ? index : 0 };
}

/** Whether the problem is this control's. */
export function isOf(control: Control, problem: FieldProblem): boolean {
  const { field, index } = nameOf(control);
  return problem.field === field && problem.index === index;
}

/** Marks the controls that could not be sealed, until they are edited or left. The first one speaks up unless the card has problems too. */
export function showProblems(controls: readonly Control[], problems: readonly FieldProblem[], quiet: boolean): void {
  let shown = quiet;
  for (const control of controls) {
    const problem = problems.find((each) => isOf(control, each));
    if (!problem) continue;
    control.setCustomValidity(problem.message);
    control.setAttribute("aria-invalid", "true");
    const forget = (): void => {
      control.setCustomValidity("");
      control.removeAttribute("aria-invalid");
      for (const type of ["input", "change", "blur"]) control.removeEventListener(type, forget);
    };
    if (!shown) control.reportValidity();
    shown = true;
    for (const type of ["input", "change", "blur"]) control.addEventListener(type, forget);
  }
}
