import type { ReactNode } from 'react'

/** One column: what this is, the form, the ways elsewhere. */
export function AuthPanel({
  title,
  detail,
  icon,
  children,
  footer,
}: {
  title: string
  detail?: ReactNode
  icon?: ReactNode
  children?: ReactNode
  footer?: ReactNode
}) {
  return (
    <div className="w-full max-w-[22.5rem]">
      <title>{`${title} · Keyreel`}</title>
      {icon ? (
        <span
          aria-hidden
          className="mb-5 flex size-11 items-center justify-center rounded-lg border border-line bg-surface text-accent-text shadow-xs [&_svg]:size-5"
        >
          {icon}
        </span>
      ) : null}
      <h1 className="text-xl font-semibold">{title}</h1>
      {detail ? <div className="mt-1.5 text-pretty text-ink-muted">{detail}</div> : null}
      {children ? <div className="mt-7 flex flex-col gap-4">{children}</div> : null}
      {footer ? <div className="mt-8 text-ink-muted">{footer}</div> : null}
    </div>
  )
}

/** "or" between two ways. */
export function Divider({ children }: { children: ReactNode }) {
  return (
    <div className="flex items-center gap-3 text-xs text-ink-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      {children}
    </div>
  )
}

/** A finger finds it 44 px high, without the line growing. */
export const textLink =
  'relative rounded-sm font-medium text-accent-text underline-offset-4 hover:underline pointer-coarse:after:absolute pointer-coarse:after:-inset-x-2 pointer-coarse:after:-inset-y-3.5'
