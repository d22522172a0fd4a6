import { cx } from '@keyreel/ui'
import type { ReactNode } from 'react'

/** A page of the studio: its heading, what it is for, its main acts, and its content. */
export function Page({
  title,
  detail,
  actions,
  width = 'wide',
  children,
}: {
  title: string
  detail?: ReactNode
  /** Buttons at the right of the heading, the main one last. */
  actions?: ReactNode
  width?: 'narrow' | 'wide'
  children: ReactNode
}) {
  return (
    <div
      className={cx(
        'mx-auto w-full px-4 pt-6 pb-12 sm:px-8 sm:pt-10',
        width === 'narrow' ? 'max-w-3xl' : 'max-w-6xl',
      )}
    >
      <title>{`${title} · Keyreel`}</title>
      <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3 sm:mb-8">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold">{title}</h1>
          {detail ? <p className="mt-1 max-w-prose text-ink-muted">{detail}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  )
}
