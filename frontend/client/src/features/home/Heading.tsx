import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'

/** The heading of a part of the page, with the way to all of it. */
export function Heading({
  id,
  children,
  to,
  more,
}: {
  id: string
  children: ReactNode
  to?: LinkProps['to']
  more?: string
}) {
  return (
    <div className="mb-4 flex items-baseline justify-between gap-4">
      <h2 id={id} className="text-base font-semibold">
        {children}
      </h2>
      {to && more ? (
        <Link to={to} className="rounded-sm font-medium text-accent-text underline-offset-4 hover:underline">
          {more}
        </Link>
      ) : null}
    </div>
  )
}
