import { Loading, Spinner } from '@keyreel/ui'

/** While a page's code is on its way. */
export function RoutePending() {
  return (
    <Loading className="flex min-h-[50dvh] items-center justify-center">
      <Spinner className="size-5 text-ink-faint" />
    </Loading>
  )
}
