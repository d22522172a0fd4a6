import { ApiError, asApiError, problemOf } from './problem'
import type { SessionOut } from './schema'

/** `unknown`: not asked yet; the refresh cookie may or may not hold a session. */
export type SessionState =
  | { status: 'unknown'; session: null }
  | { status: 'signedOut'; session: null }
  | { status: 'signedIn'; session: SessionOut }

/** Seconds before its end at which an access token is replaced rather than used. */
const EARLY = 20
const LOCK = 'keyreel-refresh'
const CHANNEL = 'keyreel-session'
/** Set while this browser has a session, so that a visitor's first page does not ask for one in vain. */
const HINT = 'keyreel.session'

interface SessionOptions {
  fetch?: typeof fetch
  /** Milliseconds since 1970. */
  now?: () => number
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** Runs `work` alone among all tabs of this browser. */
  exclusively?: <T>(work: () => Promise<T>) => Promise<T>
}

async function amongTabs<T>(work: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return work()
  let result: T | undefined
  await navigator.locks.request(LOCK, async () => {
    result = await work()
  })
  return result as T
}

/**
 * Who is signed in. The access token lives in this object's memory only; the refresh token in a cookie no script reads.
 *
 * The refresh cookie is replaced at each use, so refreshes run one at a time: within a tab they share one promise, among
 * tabs a lock. Every tab keeps its own workspace.
 */
export class SessionKeeper {
  #state: SessionState = { status: 'unknown', session: null }
  #expires = 0
  #refreshing: Promise<SessionOut> | null = null
  readonly #listeners = new Set<() => void>()
  readonly #fetch: typeof fetch
  readonly #now: () => number
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly #exclusively: <T>(work: () => Promise<T>) => Promise<T>
  readonly #channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL)

  constructor(options: SessionOptions = {}) {
    this.#fetch = options.fetch ?? ((...args) => globalThis.fetch(...args))
    this.#now = options.now ?? Date.now
    this.#storage = options.storage ?? localStorage
    this.#exclusively = options.exclusively ?? amongTabs
    this.#channel?.addEventListener('message', ({ data }) => {
      if (data === 'ended') this.#become({ status: 'signedOut', session: null })
      // Another tab has signed in: this one's next question to the cookie will be answered.
      if (data === 'begun' && this.#state.status === 'signedOut')
        this.#become({ status: 'unknown', session: null })
    })
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): SessionState => this.#state

  /** Finds out, once, whether the cookie holds a session. Throws ApiError `network` and the like when nobody answers. */
  async resume(): Promise<SessionState> {
    if (this.#state.status === 'unknown') {
      if (this.#storage.getItem(HINT) === null) this.#become({ status: 'signedOut', session: null })
      else
        await this.refresh().catch((error: unknown) => {
          if (asApiError(error).code !== 'session_ended') throw error
        })
    }
    return this.#state
  }

  /** Takes the session of a sign-in. */
  adopt(session: SessionOut): void {
    const before = this.#state.status
    this.#expires = this.#now() + session.expires_in * 1000
    this.#storage.setItem(HINT, '1')
    this.#become({ status: 'signedIn', session })
    if (before !== 'signedIn') this.#channel?.postMessage('begun')
  }

  /** Changes what is shown of the person, after they changed their profile. */
  amend(change: (session: SessionOut) => SessionOut): void {
    if (this.#state.status === 'signedIn')
      this.#become({ status: 'signedIn', session: change(this.#state.session) })
  }

  /** The session is over; all tabs are told. */
  end(): void {
    this.#storage.removeItem(HINT)
    if (this.#state.status === 'signedOut') return
    this.#become({ status: 'signedOut', session: null })
    this.#channel?.postMessage('ended')
  }

  /** An access token that will do for the next seconds, or null when nobody is signed in. */
  async token(): Promise<string | null> {
    if (this.#state.status === 'signedOut') return null
    if (this.#state.status === 'signedIn' && this.#now() < this.#expires - EARLY * 1000)
      return this.#state.session.access_token
    if (this.#state.status === 'unknown') {
      const { session } = await this.resume()
      return session?.access_token ?? null
    }
    return (await this.refresh()).access_token
  }

  /**
   * A new access token for the cookie, in this or another workspace. Calls at the same time share one request.
   * `null`: in whichever workspace is left, after this one was left or deleted.
   * Throws ApiError: `session_ended` also ends the session here.
   */
  refresh(workspaceId?: string | null): Promise<SessionOut> {
    if (workspaceId !== undefined) return this.#ask(workspaceId ?? undefined)
    this.#refreshing ??= this.#ask(this.#state.session?.workspace.id).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #ask(workspaceId: string | undefined): Promise<SessionOut> {
    return this.#exclusively(async () => {
      const response = await this.#fetch('/api/v1/auth/refresh', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(workspaceId === undefined ? {} : { workspace_id: workspaceId }),
      }).catch((error: unknown) => {
        throw new ApiError('network', { cause: error })
      })
      if (!response.ok) {
        const problem = await problemOf(response)
        if (problem.code === 'session_ended') this.end()
        throw problem
      }
      const session = (await response.json()) as SessionOut
      this.adopt(session)
      return session
    })
  }

  #become(state: SessionState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
