// What the frame says to its page, as JSON. Nothing but texts of this grammar is read: members in this order and no others.

import type { FromFrame } from "./protocol.ts";

const FLAG = "(true|false)";
const NUMBER = "\\d+";
/** Nothing that could be read as a sentence, a telephone number or an address: shoppers are shown it. */
const CODE = '"[a-z_]{1,64}"';
/** For the shopper. Of a few sentences and no more, and always shown as text. */
const MESSAGE = String.raw`"([^"\\]|\\.){0,500}"`;
const CAUSE = `"code":${CODE},"message":${MESSAGE}`;

/** A hundred times what a receipt has, or the problems of a long form. */
const LIMIT = 1e5;

const GRAMMAR = RegExp(
  `^{"type":"(${[
    '(hello|ready|submit)"',
    `failed","code":${CODE}`,
    'resize","height":\\d{1,4}',
    `change","state":{"complete":${FLAG},"empty":${FLAG},"brand":"[a-z]{0,16}","errors":{(,?"(number|expiry|holder)":${CODE})*}}`,
    `sealed","id":${NUMBER},"sealed":{"depositId":"[0-9a-f]{64}","receipt":"[\\w-]+(\\.[\\w-]+){2}"}`,
    `refused","id":${NUMBER},${CAUSE},"problems":\\[(,?{"field":"[\\w.-]{1,128}","index":${NUMBER},${CAUSE}})*]`,
  ].join("|")})}$`,
);

/** The message when the text is one of the frame's, else `undefined`. */
export function readFromFrame(data: unknown): FromFrame | undefined {
  return typeof data === "string" && data.length < LIMIT && GRAMMAR.test(data) ? (JSON.parse(data) as FromFrame) : undefined;
}
