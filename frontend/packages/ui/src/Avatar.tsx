import { cx } from './cx'

/** One of eight grounds, the same for the same name; white letters keep 4.5 on each. */
const grounds = ['#5b5bd6', '#0f7b6c', '#b0470e', '#9c36b5', '#3a6ea5', '#a8324a', '#4d7c0f', '#6b5b4b']

function groundOf(name: string): string | undefined {
  let sum = 0
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973
  return grounds[sum % grounds.length]
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u)
  const first = [...(words[0] ?? '')][0] ?? '?'
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : ''
  return (first + last).toUpperCase()
}

/** Initials on a ground of the name's own colour; decorative, the name stands beside it. */
export function Avatar({
  name,
  shape = 'circle',
  className,
}: {
  name: string
  shape?: 'circle' | 'square'
  className?: string
}) {
  return (
    <span
      aria-hidden
      style={{ backgroundColor: groundOf(name) }}
      className={cx(
        'inline-flex size-7 shrink-0 items-center justify-center text-xs font-semibold text-white select-none',
        shape === 'circle' ? 'rounded-full' : 'rounded-sm',
        className,
      )}
    >
      {shape === 'circle' ? initialsOf(name) : initialsOf(name)[0]}
    </span>
  )
}
