import { cx } from '@keyreel/ui'
import type { ReactNode } from 'react'

/** A page of the studio: its heading, what it is for, its main acts, and its content. */
export function Page({
  title,
  heading,
  detail,
  actions,
  width = 'wide',
  children,
}: {
  title: string
  /** Stands for the title where it is more than its words: one that can be changed. */
  heading?: ReactNode
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
        <div className={cx('min-w-0', heading && 'flex-1 basis-64')}>
          {heading ?? <h1 className="text-xl font-semibold">{title}</h1>}
          {detail ? <p className="mt-1 max-w-prose text-ink-muted">{detail}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  )
}
