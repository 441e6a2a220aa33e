// What the frame says to its page, as JSON. Nothing but texts of this grammar is read: members in this order and no others.

import type { FromFrame } from "./protocol.ts";

/** Nothing that could be read as a sentence, a telephone number or an address: shoppers are shown it. */
const WORD = '"[a-z_]{0,64}"';
/** The message is for the shopper: no more than a few sentences, and always shown as text. */
const CAUSE = `"code":${WORD},"message":"([^"\\\\]|\\\\.){0,500}"`;

const GRAMMAR = RegExp(
  `^{"type":"((hello|ready|submit)"|failed","code":${WORD}|resize","height":\\d{1,4}` +
    `|change","state":{"complete":(true|false),"empty":(true|false),"brand":${WORD},"errors":{(,?${WORD}:${WORD})*}}` +
    `|sealed","id":\\d+,"sealed":{"depositId":"\\w{64}","receipt":"[\\w.-]{1,4000}"}` +
    `|refused","id":\\d+,${CAUSE},"problems":\\[(,?{"field":"[\\w.-]{0,65}","index":\\d+,${CAUSE}}){0,999}])}$`,
);

/** The message when it is one of the frame's, else `undefined`. What is no text is tested, and read, as the text that it gives. */
export function readFromFrame(data: unknown): FromFrame | undefined {
  return GRAMMAR.test(data as string) ? (JSON.parse(data as string) as FromFrame) : undefined;
}
