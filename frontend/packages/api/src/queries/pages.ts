import { infiniteQueryOptions } from '@tanstack/react-query'

interface Page<T> {
  items: T[]
  next?: string | null
}

/** A list that comes page by page; `data` is all rows read so far. */
export function pagesOf<T>(
  queryKey: readonly unknown[],
  read: (query: { cursor?: string }, signal: AbortSignal) => Promise<Page<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam === null ? {} : { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
    select: (data) => data.pages.flatMap((page) => page.items),
  })
}
