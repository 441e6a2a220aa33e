// Passkeys, by the browser's WebAuthn (docs/spec/passkey.md). What the vault verifies goes to the vault; the output of a PRF
// goes to the WASM, and nowhere else.

import { PasskeyFailed } from "./failure.ts";
import type { PasskeyAnswer, PasskeyAsked, PasskeyStarted } from "./wire.ts";

/** What a passkey answered. */
export interface Asserted {
  readonly answer: PasskeyAnswer;
  /** Output of its PRF; whoever takes it wipes it. */
  readonly prf: Uint8Array | undefined;
}

/** A passkey that was made, all but its PRF's output in base64url. */
export interface MadePasskey {
  readonly credential: string;
  readonly client_data: string;
  readonly authenticator_data: string;
  readonly prf: Uint8Array | undefined;
}

/** Whether this browser has passkeys for this address: they are made for host names only. */
export function hasPasskeys(host = location.hostname): boolean {
  return typeof PublicKeyCredential === "function" && !/^[\d.]+$|[:[]/.test(host);
}

/** Asks for a passkey that is there; with the input, base64url, for the output of its PRF, too. */
export async function assertPasskey(asked: PasskeyAsked, prfInput?: string): Promise<Asserted> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: bytes(asked.challenge),
    rpId: asked.rp_id,
    allowCredentials: known(asked.credentials),
    userVerification: "required",
    timeout: asked.expires_in * 1000,
    ...(prfInput === undefined ? {} : { extensions: prf(prfInput) }),
  };
  const credential = await asking(() => navigator.credentials.get({ publicKey }));
  const { response } = credential;
  if (!(response instanceof AuthenticatorAssertionResponse)) throw new PasskeyFailed("NotSupportedError");
  const answer = {
    credential: text(credential.rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
  };
  return { answer, prf: outputOf(credential) };
}

/** Has one made, for this person. An authenticator may give its PRF's output only when it is asked once more. */
export async function makePasskey(started: PasskeyStarted, user: string, site: string, prfInput: string): Promise<MadePasskey> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    rp: { id: started.rp_id, name: site },
    user: { id: bytes(started.user), name: user, displayName: user },
    challenge: bytes(started.challenge),
    pubKeyCredParams: started.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: known(started.credentials),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    attestation: "none",
    timeout: started.expires_in * 1000,
    extensions: prf(prfInput),
  };
  const credential = await asking(() => navigator.credentials.create({ publicKey }));
  const { response } = credential;
  if (!(response instanceof AuthenticatorAttestationResponse)) throw new PasskeyFailed("NotSupportedError");
  const made = {
    credential: text(credential.rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.getAuthenticatorData()),
  };
  const has = credential.getClientExtensionResults().prf?.enabled === true;
  return { ...made, prf: outputOf(credential) ?? (has ? await outputLater(started, made.credential, prfInput) : undefined) };
}

/** The signature is for nobody: only the output counts. Who does not touch a second time has a passkey without. */
async function outputLater({ rp_id, expires_in }: PasskeyStarted, credential: string, prfInput: string): Promise<Uint8Array | undefined> {
  const challenge = text(crypto.getRandomValues(new Uint8Array(32)).buffer);
  try {
    return (await assertPasskey({ challenge, rp_id, expires_in, credentials: [credential] }, prfInput)).prf;
  } catch {
    return undefined;
  }
}

async function asking(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (error) {
    throw new PasskeyFailed(error instanceof DOMException ? error.name : "");
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyFailed("NotSupportedError");
  return credential;
}

function prf(input: string): AuthenticationExtensionsClientInputs {
  return { prf: { eval: { first: bytes(input) } } };
}

function outputOf(credential: PublicKeyCredential): Uint8Array | undefined {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) return undefined;
  return ArrayBuffer.isView(first) ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength) : new Uint8Array(first);
}

function known(credentials: readonly string[]): PublicKeyCredentialDescriptor[] {
  return credentials.map((id) => ({ type: "public-key", id: bytes(id) }));
}

function bytes(b64u: string): Uint8Array<ArrayBuffer> {
  const binary = atob(b64u.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
