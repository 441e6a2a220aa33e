// Seals values as docs/spec/envelope.md says, over another implementation of HPKE, for the tests of tests/javascript.rs.
// Takes a JSON list of requests on standard input, gives the envelopes in hex as a JSON list on standard output.

import { text } from "node:stream/consumers";
import { cbor } from "../e2e/support/cbor.ts";
import { bytes, suite } from "./hpke.ts";
import type { SuiteName } from "./hpke.ts";

interface Request {
  readonly suite: SuiteName;
  /** Hex, as are key id, manifest and tag. */
  readonly public_key: string;
  readonly key_id: string;
  readonly manifest: string;
  readonly site: string;
  readonly kind: string;
  readonly tag: string;
  readonly bucket: number;
  readonly value: string | Readonly<Record<string, string>>;
}

async function seal(request: Request): Promise<string> {
  const { hpke, kemId } = suite(request.suite);
  const { site, key_id, kind, tag, bucket } = request;
  const recipientPublicKey = await hpke.kem.deserializePublicKey(bytes(request.public_key).buffer);
  const info = Buffer.concat([Buffer.from("nightsafe/v1/envelope\0"), bytes(request.manifest)]);
  const aad = cbor([1, site, bytes(key_id), kind, bytes(tag), 0]);
  const plain = cbor(request.value);
  const padded = new Uint8Array(Math.ceil((plain.length + 1) / bucket) * bucket);
  padded.set(plain);
  padded[plain.length] = 0x80;
  const sender = await hpke.createSenderContext({ recipientPublicKey, info: new Uint8Array(info).buffer });
  const sealed = await sender.seal(padded.buffer, new Uint8Array(aad).buffer);
  const head = Buffer.from([1, kemId >> 8, kemId & 0xff]);
  return Buffer.concat([head, bytes(key_id), Buffer.alloc(1), new Uint8Array(sender.enc), new Uint8Array(sealed)]).toString("hex");
}

const requests = JSON.parse(await text(process.stdin)) as readonly Request[];
process.stdout.write(JSON.stringify(await Promise.all(requests.map(seal))));
