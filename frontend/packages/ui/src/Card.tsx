import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx'

/** A sheet on the canvas. */
export function Card({ className, ...rest }: ComponentProps<'div'>) {
  return <div className={cx('rounded-lg border border-line bg-surface shadow-xs', className)} {...rest} />
}

/** A card with a heading, words, content and acts at its foot: one subject of a settings page. */
export function Section({
  title,
  detail,
  aside,
  footer,
  children,
  className,
}: {
  title: ReactNode
  detail?: ReactNode
  /** At the right of the heading: a button or a badge. */
  aside?: ReactNode
  footer?: ReactNode
  children?: ReactNode
  className?: string
}) {
  return (
    <Card className={cx('overflow-hidden', className)}>
      <section>
        <div className="flex flex-wrap items-start justify-between gap-3 p-5">
          <div className="min-w-0 flex-1 basis-60">
            <h2 className="text-base font-semibold">{title}</h2>
            {detail ? <p className="mt-0.5 max-w-prose text-ink-muted">{detail}</p> : null}
          </div>
          {aside}
        </div>
        {children ? <div className="px-5 pb-5">{children}</div> : null}
        {footer ? (
          <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line bg-canvas px-5 py-3">
            {footer}
          </div>
        ) : null}
      </section>
    </Card>
  )
}
