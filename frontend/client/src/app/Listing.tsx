import { Button, Loading, Skeleton } from '@keyreel/ui'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect, useEffectEvent, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemState } from './problems'

/** A list that comes page by page, in all its states: loading, failed, empty, partly and wholly loaded. */
export function Listing<Row>({
  query,
  empty,
  skeleton,
  endless = false,
  children,
}: {
  query: UseInfiniteQueryResult<Row[]>
  empty: ReactNode
  /** The shape of the list while it loads; three lines unless given. */
  skeleton?: ReactNode
  /** The next page comes by itself when the end is near. */
  endless?: boolean
  children: (rows: Row[]) => ReactNode
}) {
  const { t } = useTranslation()
  if (query.isPending) return <Loading>{skeleton ?? <SkeletonRows />}</Loading>
  if (query.isError && query.data === undefined)
    return <ProblemState error={query.error} onRetry={() => void query.refetch()} />
  const rows = query.data ?? []
  if (rows.length === 0) return empty
  return (
    <>
      {children(rows)}
      {query.hasNextPage ? (
        <div className="flex justify-center py-4">
          {endless && !query.isFetchNextPageError ? (
            <NearEnd onNear={() => void query.fetchNextPage()} />
          ) : null}
          <Button pending={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('act.more')}
          </Button>
        </div>
      ) : null}
    </>
  )
}

/** Tells when the end of the list comes within a screen's reach. */
function NearEnd({ onNear }: { onNear: () => void }) {
  const mark = useRef<HTMLSpanElement>(null)
  const near = useEffectEvent(onNear)
  useEffect(() => {
    if (mark.current === null) return
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) near()
      },
      { rootMargin: '600px' },
    )
    watch.observe(mark.current)
    return () => {
      watch.disconnect()
    }
  }, [])
  return <span ref={mark} aria-hidden />
}

function SkeletonRows() {
  return (
    <div className="flex flex-col gap-4 p-5">
      {[0, 1, 2].map((row) => (
        <div key={row} className="flex items-center gap-3">
          <Skeleton className="size-8 rounded-full" />
          <div className="flex-1 space-y-2">
            <Skeleton className="h-3.5 w-40" />
            <Skeleton className="h-3 w-64 max-w-full" />
          </div>
        </div>
      ))}
    </div>
  )
}
