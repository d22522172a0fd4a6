import type { ReactNode } from 'react'

/** One page of the settings: what it is about, and its sections. */
export function SettingsPage({
  title,
  detail,
  actions,
  children,
}: {
  title: string
  detail?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <div className="max-w-3xl">
      <title>{`${title} · Keyreel`}</title>
      <header className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="text-xl font-semibold">{title}</h1>
          {detail ? <p className="mt-1 max-w-prose text-pretty text-ink-muted">{detail}</p> : null}
        </div>
        {actions}
      </header>
      <div className="flex flex-col gap-6">{children}</div>
    </div>
  )
}
