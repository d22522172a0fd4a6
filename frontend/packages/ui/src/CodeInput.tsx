import type { ComponentProps } from 'react'
import { cx } from './cx'
import { useFieldControl } from './Field'
import { controlStyle } from './Input'

/** Six digits from an authenticator: one field, so that pasting and password managers work. */
export function CodeInput({
  className,
  onComplete,
  ...rest
}: ComponentProps<'input'> & { onComplete?: (code: string) => void }) {
  return (
    <input
      {...rest}
      {...useFieldControl(rest)}
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="[0-9 ]*"
      maxLength={7}
      onInput={(event) => {
        const code = event.currentTarget.value.replaceAll(/\D/g, '')
        if (code.length === 6) onComplete?.(code)
      }}
      className={cx(
        controlStyle,
        'h-12 text-center font-mono text-lg tracking-[0.35em] pointer-coarse:text-lg',
        className,
      )}
    />
  )
}
