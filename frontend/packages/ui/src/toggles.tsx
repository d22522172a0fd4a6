import { Check, Minus } from 'lucide-react'
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from 'radix-ui'
import { type ReactNode, useId } from 'react'
import { cx } from './cx'

interface ToggleProps<State> {
  checked: State
  onChange: (checked: boolean) => void
  label: ReactNode
  hint?: ReactNode
  hideLabel?: boolean
  disabled?: boolean
  className?: string
}

export function Checkbox({
  checked,
  onChange,
  label,
  hint,
  hideLabel,
  disabled,
  className,
}: ToggleProps<boolean | 'indeterminate'>) {
  const id = useId()
  return (
    <div className={cx('flex items-start gap-2.5', className)}>
      <span className="flex items-center justify-center pointer-coarse:-m-3 pointer-coarse:size-11">
        <RadixCheckbox.Root
          id={id}
          checked={checked}
          disabled={disabled}
          onCheckedChange={(next) => {
            onChange(next === true)
          }}
          aria-describedby={hint ? `${id}-hint` : undefined}
          className="relative mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-[4px] border border-control bg-surface transition-colors after:absolute after:-inset-1.5 hover:border-ink-muted disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent pointer-coarse:mt-0 pointer-coarse:after:-inset-3.5"
        >
          <RadixCheckbox.Indicator className="text-accent-ink">
            {checked === 'indeterminate' ? (
              <Minus className="size-3" strokeWidth={3} />
            ) : (
              <Check className="size-3" strokeWidth={3} />
            )}
          </RadixCheckbox.Indicator>
        </RadixCheckbox.Root>
      </span>
      <label htmlFor={id} className={cx(hideLabel ? 'sr-only' : 'flex flex-col', disabled && 'opacity-50')}>
        <span>{label}</span>
        {hint ? (
          <span id={`${id}-hint`} className="text-xs text-ink-muted">
            {hint}
          </span>
        ) : null}
      </label>
    </div>
  )
}

export function Switch({
  checked,
  onChange,
  label,
  hint,
  hideLabel,
  disabled,
  className,
}: ToggleProps<boolean>) {
  const id = useId()
  return (
    <div className={cx('flex items-center justify-between gap-4', className)}>
      <label htmlFor={id} className={cx(hideLabel ? 'sr-only' : 'flex flex-col', disabled && 'opacity-50')}>
        <span className="font-medium">{label}</span>
        {hint ? (
          <span id={`${id}-hint`} className="text-ink-muted">
            {hint}
          </span>
        ) : null}
      </label>
      <RadixSwitch.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="relative h-5 w-9 shrink-0 rounded-full bg-control transition-colors after:absolute after:-inset-2 disabled:opacity-50 data-[state=checked]:bg-accent pointer-coarse:after:-inset-3"
      >
        <RadixSwitch.Thumb className="block size-4 translate-x-0.5 rounded-full bg-white shadow-sm transition-transform data-[state=checked]:translate-x-4.5" />
      </RadixSwitch.Root>
    </div>
  )
}
