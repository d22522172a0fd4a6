import { RadioGroup, ToggleGroup } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from './cx'

export interface Choice<Value extends string> {
  value: Value
  label: ReactNode
  note?: ReactNode
  icon?: ReactNode
  /** Only in cards: stands over the label, as wide as the card. */
  picture?: ReactNode
  disabled?: boolean
}

interface ChoiceProps<Value extends string> {
  value: Value | undefined
  onChange: (value: Value) => void
  choices: readonly Choice<Value>[]
  /** What is chosen here, for assistive technology. */
  label: string
  className?: string
}

/** One of a few, shown as cards: formats, styles, plans. */
export function ChoiceCards<Value extends string>({
  value,
  onChange,
  choices,
  label,
  className,
}: ChoiceProps<Value>) {
  return (
    <RadioGroup.Root
      value={value ?? null}
      onValueChange={(next) => {
        onChange(next as Value)
      }}
      aria-label={label}
      className={cx('grid grid-cols-2 gap-3 sm:grid-cols-4', className)}
    >
      {choices.map((choice) => (
        <RadioGroup.Item
          key={choice.value}
          value={choice.value}
          disabled={choice.disabled}
          className="group flex min-h-11 flex-col items-start gap-1 rounded-lg border border-line bg-surface p-3 text-left shadow-xs transition-[border-color,background-color,box-shadow] hover:border-line-strong hover:bg-hover disabled:pointer-events-none disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft data-[state=checked]:ring-1 data-[state=checked]:ring-accent"
        >
          {choice.picture ? (
            <span aria-hidden className="mb-1.5 w-full">
              {choice.picture}
            </span>
          ) : null}
          {choice.icon ? (
            <span className="mb-1 text-ink-muted group-data-[state=checked]:text-accent-text [&_svg]:size-5">
              {choice.icon}
            </span>
          ) : null}
          <span className="font-medium">{choice.label}</span>
          {choice.note ? <span className="text-xs text-ink-muted">{choice.note}</span> : null}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  )
}

/** One of two to four short words in a row: grid or table, week or month. */
export function Segmented<Value extends string>({
  value,
  onChange,
  choices,
  label,
  className,
}: ChoiceProps<Value>) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value ?? ''}
      onValueChange={(next) => {
        if (next) onChange(next as Value)
      }}
      aria-label={label}
      className={cx('inline-flex rounded-md border border-line bg-sunken p-0.5', className)}
    >
      {choices.map((choice) => (
        <ToggleGroup.Item
          key={choice.value}
          value={choice.value}
          disabled={choice.disabled}
          className="flex h-7 tap flex-1 items-center justify-center gap-1.5 rounded-sm px-2.5 text-sm font-medium whitespace-nowrap text-ink-muted transition-colors hover:text-ink data-[state=on]:bg-raised data-[state=on]:text-ink data-[state=on]:shadow-xs [&_svg]:size-4"
        >
          {choice.icon}
          {choice.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
