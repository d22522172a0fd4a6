import { cx } from './cx'

/** A key or a chord such as `⌘K`. */
export function Kbd({ children, tone = 'plain' }: { children: string; tone?: 'plain' | 'onDark' }) {
  return (
    <kbd
      className={cx(
        'inline-flex h-5 min-w-5 items-center justify-center rounded-[4px] px-1 font-sans text-xs',
        tone === 'plain' ? 'border border-line bg-sunken text-ink-muted' : 'bg-white/15 text-white',
      )}
    >
      {children}
    </kbd>
  )
}
