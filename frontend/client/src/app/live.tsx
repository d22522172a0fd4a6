import { applyLiveEvent, type LiveStatus, sendAuthorized, session, watchEvents } from '@keyreel/api'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { makeStore, useStore } from './store'

const status = makeStore<LiveStatus>('connecting')

export function useLiveStatus(): LiveStatus {
  return useStore(status)
}

/** Follows the studio's events while somebody is signed in to this workspace; once, by the shell. */
export function useLiveEvents(workspaceId: string): void {
  const cache = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    void watchEvents({
      session,
      send: (request) => sendAuthorized(request),
      signal: stop.signal,
      onStatus: status.set,
      onEvent: (event) => {
        applyLiveEvent(cache, event)
      },
    })
    return () => {
      stop.abort()
    }
  }, [cache, workspaceId])
}
