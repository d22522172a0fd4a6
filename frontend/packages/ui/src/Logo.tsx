import { cx } from './cx'

/** The mark: a key whose bow is a play button. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={cx('size-7 shrink-0', className)}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <circle cx="12.5" cy="16" r="6.25" fill="none" stroke="#fff" strokeWidth="2.25" />
      <path d="M11.1 13.5v5l4.1-2.5z" fill="#fff" stroke="#fff" strokeWidth="0.8" strokeLinejoin="round" />
      <path
        d="M18.75 16H27M23.25 16v3.6M26.9 16v2.6"
        fill="none"
        stroke="#fff"
        strokeWidth="2.25"
        strokeLinecap="round"
      />
    </svg>
  )
}

export function Logo({ className }: { className?: string }) {
  return (
    <span className={cx('inline-flex items-center gap-2.5', className)}>
      <LogoMark />
      <span className="text-base font-semibold tracking-[-0.02em]">Keyreel</span>
    </span>
  )
}
