import { RotateCw, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './Button'
import { CopyButton } from './CopyButton'
import { cx } from './cx'
import { useLabels } from './labels'

/** The grey shape of what is being fetched; give it the size of the real thing. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div
      aria-hidden
      className={cx(
        'animate-shimmer rounded-md bg-[linear-gradient(90deg,var(--color-hover)_25%,var(--color-pressed)_50%,var(--color-hover)_75%)] bg-[length:200%_100%]',
        className,
      )}
    />
  )
}

/** Groups skeletons and tells assistive technology once that something is loading. */
export function Loading({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div role="status" aria-busy className={className}>
      <span className="sr-only">{useLabels().loading}</span>
      {children}
    </div>
  )
}

/** An empty list says what will be here and offers the next step. */
export function EmptyState({
  icon,
  title,
  detail,
  action,
  className,
}: {
  icon: ReactNode
  title: ReactNode
  detail?: ReactNode
  action?: ReactNode
  className?: string
}) {
  return (
    <div className={cx('flex flex-col items-center px-6 py-14 text-center', className)}>
      <span
        aria-hidden
        className="mb-4 flex size-11 items-center justify-center rounded-lg border border-line bg-surface text-ink-muted shadow-xs [&_svg]:size-5"
      >
        {icon}
      </span>
      <p className="text-base font-semibold">{title}</p>
      {detail ? <p className="mt-1 max-w-sm text-ink-muted">{detail}</p> : null}
      {action ? <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  )
}

/** What happened, what to do, one act; and the request's id to quote to support. */
export function ErrorState({
  title,
  detail,
  requestId,
  onRetry,
  action,
  className,
}: {
  title: ReactNode
  detail?: ReactNode
  requestId?: string | undefined
  onRetry?: (() => void) | undefined
  action?: ReactNode
  className?: string
}) {
  const labels = useLabels()
  return (
    <div role="alert" className={cx('flex flex-col items-center px-6 py-14 text-center', className)}>
      <span
        aria-hidden
        className="mb-4 flex size-11 items-center justify-center rounded-lg bg-danger-soft text-danger-text"
      >
        <TriangleAlert className="size-5" />
      </span>
      <p className="text-base font-semibold">{title}</p>
      {detail ? <p className="mt-1 max-w-md text-ink-muted">{detail}</p> : null}
      <div className="mt-5 flex flex-wrap justify-center gap-2">
        {onRetry ? (
          <Button icon={<RotateCw />} onClick={onRetry}>
            {labels.retry}
          </Button>
        ) : null}
        {action}
      </div>
      {requestId ? (
        <p className="mt-4 flex items-center gap-1 text-xs text-ink-faint">
          {labels.requestId} <code className="font-mono">{requestId}</code>
          <CopyButton text={requestId} size="icon-sm" />
        </p>
      ) : null}
    </div>
  )
}
