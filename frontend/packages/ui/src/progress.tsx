import { Progress as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from './cx'

/** How far an act is: `value` 0 to 1, or null while it is not known. */
export function ProgressBar({
  value,
  label,
  tone = 'accent',
  className,
}: {
  value: number | null
  label: string
  tone?: 'accent' | 'success' | 'danger'
  className?: string
}) {
  const percent = value === null ? null : Math.round(Math.min(1, Math.max(0, value)) * 100)
  return (
    <Radix.Root
      value={percent}
      max={100}
      aria-label={label}
      className={cx('h-1.5 w-full overflow-hidden rounded-full bg-pressed', className)}
    >
      <Radix.Indicator
        style={percent === null ? undefined : { width: `${percent}%` }}
        className={cx(
          'h-full rounded-full transition-[width] duration-slow',
          percent === null && 'w-2/5 animate-indeterminate',
          { accent: 'bg-accent', success: 'bg-success', danger: 'bg-danger' }[tone],
        )}
      />
    </Radix.Root>
  )
}

/** How much of an allowance is used; warns in words of the caller and colour from 80 %, and again at the limit. */
export function Meter({
  label,
  used,
  limit,
  text,
  note,
  className,
}: {
  label: string
  used: number
  /** Null: no limit; the bar stays empty. */
  limit: number | null
  /** The figures in words: "12 of 20 videos". */
  text: string
  note?: ReactNode
  className?: string
}) {
  const share = limit === null ? 0 : limit === 0 ? 1 : Math.min(1, used / limit)
  const tone = share >= 1 ? 'bg-danger' : share >= 0.8 ? 'bg-warning' : 'bg-accent'
  return (
    <div className={cx('flex flex-col gap-2', className)}>
      <div className="flex items-baseline justify-between gap-3">
        <span className="font-medium">{label}</span>
        <span className="text-ink-muted figures">{text}</span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={limit ?? Math.max(used, 1)}
        aria-valuenow={Math.min(used, limit ?? used)}
        aria-valuetext={text}
        className="h-1.5 overflow-hidden rounded-full bg-pressed"
      >
        <div
          style={{ width: `${share * 100}%` }}
          className={cx('h-full rounded-full transition-[width] duration-slow', tone)}
        />
      </div>
      {note ? <p className="text-xs text-ink-muted">{note}</p> : null}
    </div>
  )
}
