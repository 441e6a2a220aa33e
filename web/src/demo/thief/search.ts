// «Is what I typed in there?»: one text, in every form that software gives it, in everything the thief has.

import { Haystack, forms } from "./forms.ts";

export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface Hit {
  readonly place: string;
  readonly form: string;
  readonly count: number;
}

/** All places and forms in which the text occurs. */
export function search(text: string, places: readonly Place[]): Hit[] {
  const wanted = forms(text);
  return places.flatMap(({ name, bytes }) => {
    const haystack = new Haystack(bytes);
    return wanted.flatMap((each): Hit[] => {
      const count = haystack.count(each);
      return count > 0 ? [{ place: name, form: each.form, count }] : [];
    });
  });
}
