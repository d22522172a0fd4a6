/**
 * What stands in the addresses of lists and pages. Anything else than these values is dropped, so that an old or
 * mistyped address still shows the page.
 */
function oneOf<Value>(values: readonly Value[], wanted: unknown): Value | undefined {
  return values.find((value) => value === wanted)
}

function present<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T
}

export const libraryStatuses = ['ready', 'working', 'draft', 'failed', 'cancelled'] as const
export const libraryReviews = ['pending', 'validated', 'rejected'] as const
export const librarySorts = ['-created_at', '-updated_at', 'title', '-seconds', '-bytes'] as const

export interface LibrarySearch {
  query?: string
  status?: (typeof libraryStatuses)[number]
  review?: (typeof libraryReviews)[number]
  sort?: (typeof librarySorts)[number]
  trash?: true
}

export function librarySearch(search: Record<string, unknown>): LibrarySearch {
  const query = typeof search.query === 'number' ? String(search.query) : search.query
  return present({
    query: typeof query === 'string' && query !== '' ? query.slice(0, 200) : undefined,
    status: oneOf(libraryStatuses, search.status),
    review: oneOf(libraryReviews, search.review),
    sort: oneOf(librarySorts, search.sort),
    trash: search.trash === true ? true : undefined,
  })
}

export interface VideoSearch {
  /** An older film of the video: its id. */
  film?: string
  /** The dialog of share links is open. */
  share?: true
}

export function videoSearch(search: Record<string, unknown>): VideoSearch {
  return present({
    film: typeof search.film === 'string' ? search.film : undefined,
    share: search.share === true ? true : undefined,
  })
}

export const usageDays = [7, 30, 90] as const

export interface UsageSearch {
  days?: (typeof usageDays)[number]
}

export function usageSearch(search: Record<string, unknown>): UsageSearch {
  return present({ days: oneOf(usageDays, search.days) })
}

export interface NotificationsSearch {
  unread?: true
}

export function notificationsSearch(search: Record<string, unknown>): NotificationsSearch {
  return present({ unread: search.unread === true ? true : undefined })
}
