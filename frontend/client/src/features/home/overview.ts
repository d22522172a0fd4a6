import type { Quota, Quotas, Video } from '@keyreel/api'

/** The parts of the day in which people are greeted differently. */
export function partOfDay(hour: number): 'morning' | 'afternoon' | 'evening' {
  if (hour >= 5 && hour < 12) return 'morning'
  return hour >= 12 && hour < 18 ? 'afternoon' : 'evening'
}

/** A failure is news for this long, days. */
const NEWS = 7

const RUNNING = new Set<Video['status']>(['reserving', 'queued', 'fetching', 'rendering', 'uploading'])

export interface Overview {
  running: Video[]
  drafts: Video[]
  failed: Video[]
  recent: Video[]
}

/** Sorts the newest videos by what their owner can do with them now. */
export function overviewOf(videos: readonly Video[], now: Date): Overview {
  const since = now.getTime() - NEWS * 24 * 60 * 60 * 1000
  return {
    running: videos.filter((video) => RUNNING.has(video.status)),
    drafts: videos.filter((video) => video.status === 'draft' && video.film_version === null),
    failed: videos.filter((video) => video.status === 'failed' && Date.parse(video.updated_at) >= since),
    recent: videos.filter((video) => video.film_version !== null),
  }
}

/** What is warned of: from four fifths on, as the studio's own notices. */
const NEARLY = 0.8

export interface TightQuota {
  quota: Quota
  limit: number
  full: boolean
}

/** Quotas of which little or nothing is left; how many run at once and how many members there are is no alarm. */
export function tightQuotas({ items }: Quotas): TightQuota[] {
  return items.flatMap((quota) => {
    if (quota.limit === null || quota.limit === 0) return []
    if (!['videos', 'render_seconds', 'storage_bytes'].includes(quota.quota)) return []
    const share = (quota.used + quota.reserved) / quota.limit
    return share < NEARLY ? [] : [{ quota, limit: quota.limit, full: share >= 1 }]
  })
}
