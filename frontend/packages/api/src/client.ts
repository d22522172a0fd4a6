import createClient, { type Client } from 'openapi-fetch'
import { ApiError, problemOf } from './problem'
import type { paths } from './schema'
import type { SessionKeeper } from './session'

/** How long an answer may take to begin, milliseconds. */
const PATIENCE = 30_000

export type ApiClient = Client<paths, 'application/json'>

/**
 * `fetch` with the access token. A token the server no longer takes is replaced once and the call repeated.
 * Throws ApiError for every answer that is no success, and for none; an abort of the caller passes through.
 */
export function authorizedFetch(session: SessionKeeper, fetch: typeof globalThis.fetch = globalThis.fetch) {
  async function send(request: Request, token: string | null, signal: AbortSignal): Promise<Response> {
    const headers = new Headers(request.headers)
    if (token !== null) headers.set('Authorization', `Bearer ${token}`)
    try {
      return await fetch(new Request(request.clone(), { headers, signal }))
    } catch (error) {
      request.signal.throwIfAborted()
      throw new ApiError('network', { cause: error })
    }
  }

  return async (request: Request, patience = PATIENCE): Promise<Response> => {
    const late = new AbortController()
    const timer = setTimeout(() => {
      late.abort()
    }, patience)
    const signal = AbortSignal.any([request.signal, late.signal])
    try {
      const response = await send(request, await session.token(), signal)
      if (response.ok) return response
      const problem = await problemOf(response)
      if (problem.code !== 'invalid_token') throw problem
      const repeated = await send(request, (await session.refresh()).access_token, signal)
      if (!repeated.ok) throw await problemOf(repeated)
      return repeated
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The typed client: `client.GET('/api/v1/videos/{video_id}', { params: { path: { video_id } } })`. */
export function makeClient(session: SessionKeeper, fetch?: typeof globalThis.fetch): ApiClient {
  const send = authorizedFetch(session, fetch)
  return createClient<paths>({ baseUrl: globalThis.location.origin, fetch: (request) => send(request) })
}

/** The body of an answer. Failures were thrown before. */
export async function bodyOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T
}
