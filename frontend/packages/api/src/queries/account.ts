import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import type {
  AccountDeletion,
  EmailChange,
  LinkSignIn,
  MeChange,
  NewPasskey,
  PasskeySignIn,
  PasswordChange,
  Register,
  Reset,
  SecondCode,
  SecondStepOut,
  SessionOut,
  SignIn,
  TotpRemoval,
  Verify,
} from '../schema'
import { client, session } from '../studio'
import { keys } from './keys'
import { pagesOf } from './pages'

/** A sign-in ends in a session, which is taken up here, or in the question for a second factor. */
function adopted<T extends SessionOut | SecondStepOut>(answer: T): T {
  if ('access_token' in answer) session.adopt(answer)
  return answer
}

/** The door: registering, signing in and out, forgotten passwords. */
export const entrance = {
  register: (body: Register) => bodyOf(client.POST('/api/v1/auth/register', { body })),
  verify: async (body: Verify) => adopted(await bodyOf(client.POST('/api/v1/auth/verify', { body }))),
  signIn: async (body: SignIn) => adopted(await bodyOf(client.POST('/api/v1/auth/sign-in', { body }))),
  signInWithTotp: async (body: SecondCode) =>
    adopted(await bodyOf(client.POST('/api/v1/auth/sign-in/totp', { body }))),
  signInWithRecoveryCode: async (body: SecondCode) =>
    adopted(await bodyOf(client.POST('/api/v1/auth/sign-in/recovery-code', { body }))),
  signInWithLink: async (body: LinkSignIn) =>
    adopted(await bodyOf(client.POST('/api/v1/auth/sign-in/link', { body }))),
  passkeyChallenge: (mfaToken?: string) =>
    bodyOf(client.POST('/api/v1/auth/passkeys/challenge', { body: { mfa_token: mfaToken ?? null } })),
  signInWithPasskey: async (body: PasskeySignIn) =>
    adopted(await bodyOf(client.POST('/api/v1/auth/sign-in/passkey', { body }))),
  signOut: async () => {
    await client.POST('/api/v1/auth/sign-out')
    session.end()
  },
  forgotPassword: (email: string) => bodyOf(client.POST('/api/v1/auth/password/forgot', { body: { email } })),
  resetPassword: (body: Reset) => bodyOf(client.POST('/api/v1/auth/password/reset', { body })),
}

/** The signed-in person. */
export const account = {
  me: () =>
    queryOptions({
      queryKey: keys.account.me,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/me', { signal })),
    }),
  sessions: () =>
    pagesOf(keys.account.sessions, (query, signal) =>
      bodyOf(client.GET('/api/v1/me/sessions', { params: { query }, signal })),
    ),
  factors: () =>
    queryOptions({
      queryKey: keys.account.factors,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/me/factors', { signal })),
    }),

  change: async (body: MeChange) => {
    const user = await bodyOf(client.PATCH('/api/v1/me', { body }))
    session.amend((current) => ({ ...current, user }))
    return user
  },
  remove: async (body: AccountDeletion) => {
    await client.DELETE('/api/v1/me', { body })
    session.end()
  },
  changePassword: (body: PasswordChange) => bodyOf(client.POST('/api/v1/me/password', { body })),
  changeEmail: (body: EmailChange) => bodyOf(client.POST('/api/v1/me/email', { body })),
  confirmEmail: (token: string) => bodyOf(client.POST('/api/v1/me/email/confirm', { body: { token } })),
  endSession: (session_id: string) =>
    bodyOf(client.DELETE('/api/v1/me/sessions/{session_id}', { params: { path: { session_id } } })),
  endOtherSessions: () => bodyOf(client.DELETE('/api/v1/me/sessions')),

  setUpTotp: () => bodyOf(client.POST('/api/v1/me/totp')),
  confirmTotp: (code: string) => bodyOf(client.POST('/api/v1/me/totp/confirm', { body: { code } })),
  removeTotp: (body: TotpRemoval) => bodyOf(client.DELETE('/api/v1/me/totp', { body })),
  newRecoveryCodes: () => bodyOf(client.POST('/api/v1/me/recovery-codes')),
  passkeyChallenge: () => bodyOf(client.POST('/api/v1/me/passkeys/challenge')),
  addPasskey: (body: NewPasskey) => bodyOf(client.POST('/api/v1/me/passkeys', { body })),
  removePasskey: (passkey_id: string) =>
    bodyOf(client.DELETE('/api/v1/me/passkeys/{passkey_id}', { params: { path: { passkey_id } } })),
}
