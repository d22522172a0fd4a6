import { Check, ChevronDown } from 'lucide-react'
import { Select as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from './cx'
import { useFieldControl } from './Field'
import { controlStyle } from './Input'
import { itemStyle, popStyle } from './surfaces'

export interface SelectOption<Value extends string> {
  value: Value
  label: string
  /** A second line under the label, only in the list. */
  note?: string
  icon?: ReactNode
  disabled?: boolean
}

export function Select<Value extends string>({
  value,
  onChange,
  options,
  placeholder,
  className,
  disabled,
  name,
  'aria-label': ariaLabel,
}: {
  value: Value | undefined
  onChange: (value: Value) => void
  options: readonly SelectOption<Value>[]
  placeholder?: string
  className?: string
  disabled?: boolean
  name?: string
  'aria-label'?: string
}) {
  const chosen = options.find((option) => option.value === value)
  return (
    <Radix.Root
      value={value ?? ''}
      onValueChange={(next) => {
        const option = options.find((candidate) => candidate.value === next)
        if (option) onChange(option.value)
      }}
      disabled={disabled}
      name={name}
    >
      <Radix.Trigger
        {...useFieldControl()}
        aria-label={ariaLabel}
        className={cx(
          controlStyle,
          'flex h-9 tap items-center justify-between gap-2 text-left data-placeholder:text-ink-faint [&>span]:truncate',
          className,
        )}
      >
        <Radix.Value placeholder={placeholder}>
          <span className="flex items-center gap-2 [&_svg]:size-4 [&_svg]:text-ink-muted">
            {chosen?.icon}
            {chosen?.label}
          </span>
        </Radix.Value>
        <Radix.Icon asChild>
          <ChevronDown className="size-4 shrink-0 text-ink-faint" />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className={cx(
            popStyle,
            'max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width)',
          )}
        >
          <Radix.Viewport className="p-1">
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled}
                className={cx(itemStyle, 'pr-8')}
              >
                {option.icon}
                <span className="flex flex-col">
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.note ? <span className="text-xs text-ink-muted">{option.note}</span> : null}
                </span>
                <Radix.ItemIndicator className="absolute right-2">
                  <Check className="size-4 text-accent-text" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
