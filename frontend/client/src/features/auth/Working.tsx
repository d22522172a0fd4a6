import { Loading, Spinner } from '@keyreel/ui'

/** While a link's token is being looked at. */
export function Working({ children }: { children: string }) {
  return (
    <Loading className="flex flex-col items-center gap-3 text-ink-muted">
      <Spinner className="size-5" />
      <p>{children}</p>
    </Loading>
  )
}
