import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import { backoff, sleep } from './backoff'
import { asApiError } from './problem'
import { keys } from './queries/keys'
import type { JobDetail, JobView, PageVideoOut, VideoOut } from './schema'
import type { SessionKeeper } from './session'
import { parseEvents } from './sse'

/** A job as of now. */
export type JobChanged = Omit<JobView, 'id' | 'created_at' | 'started_at' | 'finished_at'> & {
  job_id: string
}

/** What the studio tells as it happens. */
export type LiveEvent =
  | { event: 'job'; data: JobChanged }
  | {
      event: 'video'
      data: { video_id: string; change: 'saved' | 'stored' | 'trashed' | 'restored' | 'purged' }
    }
  | { event: 'asset'; data: { asset_id: string; state: string } }
  | { event: 'notification'; data: { id: string; kind: string; params: Record<string, unknown> } }
  | { event: 'quota'; data: Record<string, unknown> }
  /** Too much was missed: everything shown is read again. */
  | { event: 'resync'; data: unknown }
  | { event: 'signed-out'; data: unknown }

export type LiveStatus = 'connecting' | 'live' | 'offline'

/** The server comments at least every 15 s; after twice that and a little the line counts as dead, milliseconds. */
const SILENCE = 35_000

interface LiveOptions {
  session: SessionKeeper
  send: (request: Request) => Promise<Response>
  onEvent: (event: LiveEvent) => void
  onStatus?: (status: LiveStatus) => void
  signal: AbortSignal
}

/**
 * Reads the event stream until `signal` aborts or the session ends. A broken line is taken up again after a growing,
 * jittered pause, from the last event that arrived.
 */
export async function watchEvents({ session, send, onEvent, onStatus, signal }: LiveOptions): Promise<void> {
  let lastId: string | undefined
  for (let attempt = 0; !signal.aborted; attempt++) {
    onStatus?.(attempt === 0 ? 'connecting' : 'offline')
    const line = new AbortController()
    const stop = AbortSignal.any([signal, line.signal])
    let timer: ReturnType<typeof setTimeout> | undefined
    const alive = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        line.abort()
      }, SILENCE)
    }
    try {
      alive()
      const response = await send(
        new Request(new URL('/api/v1/events', globalThis.location.origin), {
          headers: {
            Accept: 'text/event-stream',
            ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }),
          },
          signal: stop,
        }),
      )
      if (response.body === null) throw new TypeError('the stream has no body')
      onStatus?.('live')
      for await (const event of parseEvents(response.body)) {
        alive()
        attempt = 0
        if (event === null) continue
        if (event.id) lastId = event.id
        const told = { event: event.event, data: JSON.parse(event.data) as unknown } as LiveEvent
        if (told.event === 'signed-out') {
          session.end()
          return
        }
        onEvent(told)
      }
    } catch (error) {
      const { code } = asApiError(error)
      if (code === 'session_ended' || code === 'missing_scope') return
    } finally {
      clearTimeout(timer)
      line.abort()
    }
    await sleep(backoff(attempt, { first: 1_000, most: 30_000 }), signal)
  }
}

const ENDED = new Set(['ready', 'failed', 'cancelled'])

/** Brings what the pages show up to date with an event. */
export function applyLiveEvent(cache: QueryClient, told: LiveEvent): void {
  switch (told.event) {
    case 'job':
      applyJob(cache, told.data)
      break
    case 'video':
      void cache.invalidateQueries({ queryKey: keys.videos.all })
      void cache.invalidateQueries({ queryKey: keys.storyboards.all })
      break
    case 'asset':
      void cache.invalidateQueries({ queryKey: keys.assets.all })
      break
    case 'notification':
      void cache.invalidateQueries({ queryKey: keys.notifications.all })
      break
    case 'quota':
      void cache.invalidateQueries({ queryKey: keys.billing.all })
      break
    case 'resync':
      void cache.invalidateQueries()
      break
    case 'signed-out':
      break
  }
}

function applyJob(cache: QueryClient, { job_id, ...job }: JobChanged): void {
  const known = cache.getQueryData<JobDetail>(keys.jobs.detail(job_id))
  cache.setQueryData<JobDetail>(keys.jobs.detail(job_id), (before) => before && { ...before, ...job })

  const onVideo = (video: VideoOut): VideoOut =>
    video.id === job.storyboard_id
      ? { ...video, job_id, status: job.state, progress: job.progress, failure: job.failure }
      : video
  cache.setQueriesData<InfiniteData<PageVideoOut>>(
    { queryKey: keys.videos.lists },
    (list) =>
      list && { ...list, pages: list.pages.map((page) => ({ ...page, items: page.items.map(onVideo) })) },
  )
  cache.setQueryData<VideoOut>(keys.videos.detail(job.storyboard_id), (video) => video && onVideo(video))

  // Calls and times come only with the whole job, lists by state only with a question, and a job that moves lets those
  // behind it move up.
  if (known?.state !== job.state || known.stage !== job.stage || ENDED.has(job.state))
    void cache.invalidateQueries({ queryKey: keys.jobs.all })
  else if (known.scenes_done !== job.scenes_done)
    void cache.invalidateQueries({ queryKey: keys.jobs.detail(job_id) })
  if (ENDED.has(job.state)) {
    void cache.invalidateQueries({ queryKey: keys.billing.all })
    void cache.invalidateQueries({ queryKey: keys.usage.all })
  }
}
