import { Button, Loading, Skeleton } from '@keyreel/ui'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemState } from './problems'

/** A list that comes page by page, in all its states: loading, failed, empty, partly and wholly loaded. */
export function Listing<Row>({
  query,
  empty,
  skeleton,
  children,
}: {
  query: UseInfiniteQueryResult<Row[]>
  empty: ReactNode
  /** The shape of the list while it loads; three lines unless given. */
  skeleton?: ReactNode
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
          <Button pending={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t('act.more')}
          </Button>
        </div>
      ) : null}
    </>
  )
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
