import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './cx'

const tones = {
  info: { box: 'bg-accent-soft', icon: <Info className="text-accent-text" /> },
  success: { box: 'bg-success-soft', icon: <CircleCheck className="text-success-text" /> },
  warning: { box: 'bg-warning-soft', icon: <TriangleAlert className="text-warning-text" /> },
  danger: { box: 'bg-danger-soft', icon: <CircleAlert className="text-danger-text" /> },
}

/** A note within the page. `danger` is announced at once: the answer to what the person just did. */
export function Callout({
  tone = 'info',
  title,
  children,
  action,
  className,
}: {
  tone?: keyof typeof tones
  title?: ReactNode
  children?: ReactNode
  action?: ReactNode
  className?: string
}) {
  return (
    <div
      role={tone === 'danger' ? 'alert' : undefined}
      className={cx('flex items-start gap-3 rounded-lg px-4 py-3', tones[tone].box, className)}
    >
      <span aria-hidden className="mt-0.5 [&_svg]:size-4">
        {tones[tone].icon}
      </span>
      <div className="min-w-0 flex-1">
        {title ? <p className="font-medium">{title}</p> : null}
        {children ? <div className={title ? 'text-ink-muted' : undefined}>{children}</div> : null}
      </div>
      {action}
    </div>
  )
}
