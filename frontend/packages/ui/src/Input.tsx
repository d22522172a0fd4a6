import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx'
import { useFieldControl } from './Field'

/** 16 px where the pointer is a finger, so that phones do not zoom into the field. */
export const controlStyle =
  'w-full rounded-md border border-line-strong bg-surface px-3 text-sm text-ink shadow-xs transition-[border-color,box-shadow] duration-fast placeholder:text-ink-faint hover:border-control focus-visible:border-accent focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-focus/35 disabled:pointer-events-none disabled:bg-sunken disabled:text-ink-muted aria-invalid:border-danger aria-invalid:focus-visible:outline-danger/30 pointer-coarse:text-base'

export interface InputProps extends ComponentProps<'input'> {
  /** Stands inside the field, before the text: an icon. */
  leading?: ReactNode
  trailing?: ReactNode
}

export function Input({ className, leading, trailing, ...rest }: InputProps) {
  const control = (
    <input
      {...rest}
      {...useFieldControl(rest)}
      className={cx(controlStyle, 'h-9 tap', leading && 'pl-9', trailing && 'pr-10', className)}
    />
  )
  if (!leading && !trailing) return control
  return (
    <div className="relative">
      {leading ? (
        <span className="pointer-events-none absolute inset-y-0 left-3 flex items-center text-ink-faint [&_svg]:size-4">
          {leading}
        </span>
      ) : null}
      {control}
      {trailing ? <span className="absolute inset-y-0 right-0.5 flex items-center">{trailing}</span> : null}
    </div>
  )
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return (
    <textarea {...rest} {...useFieldControl(rest)} className={cx(controlStyle, 'min-h-24 py-2', className)} />
  )
}
