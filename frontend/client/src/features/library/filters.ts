import type { VideoFilters } from '@keyreel/api'
import type { LibrarySearch } from '@/app/routes/search'
import { working } from '@/app/video/status'

/** The question to the API that an address of the library stands for. */
export function filtersOf({ query, status, review, sort, trash }: LibrarySearch): VideoFilters {
  const states = status === 'working' ? [...working] : status && [status]
  return {
    ...(query && { query }),
    ...(states && { status: states }),
    ...(review && { review: [review] }),
    ...(sort && { sort }),
    ...(trash && { trashed: true }),
  }
}

export function isFiltered({ query, status, review }: LibrarySearch): boolean {
  return Boolean(query ?? status ?? review)
}

/** Whole days until a moment, the one that has begun counted; never below 0. */
export function daysUntil(time: string, now = new Date()): number {
  return Math.max(0, Math.ceil((new Date(time).getTime() - now.getTime()) / 86_400_000))
}
