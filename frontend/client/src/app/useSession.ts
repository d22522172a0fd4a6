import { type Scope, type Session, session, type SessionState } from '@keyreel/api'
import { useSyncExternalStore } from 'react'

export function useSessionState(): SessionState {
  return useSyncExternalStore(session.subscribe, session.snapshot)
}

/** The session of a signed-in page. */
export function useSession(): Session {
  const state = useSessionState()
  if (state.status !== 'signedIn') throw new Error('this page is only shown to people who are signed in')
  return state.session
}

/** Whether the person may do what a scope stands for; the server decides, this only hides what it would refuse. */
export function useMay(scope: Scope): boolean {
  return useSession().scopes.includes(scope)
}
