import { entrance, type Session } from '@keyreel/api'

/** Set once a passkey has worked in this browser, so that it is offered first the next time. */
const USED = 'keyreel.passkey'

export const canUsePasskeys =
  typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

export function passkeyWasUsed(): boolean {
  return localStorage.getItem(USED) !== null
}

/** Whether the browser's autofill can offer passkeys in the e-mail field. */
export async function canAutofillPasskeys(): Promise<boolean> {
  return canUsePasskeys && (await PublicKeyCredential.isConditionalMediationAvailable?.()) === true
}

/**
 * Signs in with a passkey: by itself, or as the second step after a password.
 * Throws ApiError, or the browser's DOMException (`NotAllowedError` when the person closed the prompt).
 */
export async function signInWithPasskey({
  mfaToken,
  autofill = false,
  signal,
}: { mfaToken?: string; autofill?: boolean; signal?: AbortSignal } = {}): Promise<Session> {
  const { challenge_id, options } = await entrance.passkeyChallenge(mfaToken)
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
      options as unknown as PublicKeyCredentialRequestOptionsJSON,
    ),
    mediation: autofill ? 'conditional' : 'optional',
    signal,
  })
  if (!(credential instanceof PublicKeyCredential))
    throw new DOMException('no passkey was chosen', 'NotAllowedError')
  const session = await entrance.signInWithPasskey({ challenge_id, credential: { ...credential.toJSON() } })
  localStorage.setItem(USED, '1')
  return session
}

/** The person closed the browser's prompt, or another prompt took its place: nothing to report. */
export function wasDismissed(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError')
}
