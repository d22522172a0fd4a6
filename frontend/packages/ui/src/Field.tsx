import { Slot } from 'radix-ui'
import { createContext, type ReactElement, type ReactNode, use, useId } from 'react'
import { CircleAlert } from 'lucide-react'
import { cx } from './cx'

interface FieldContextValue {
  id: string
  describedBy: string | undefined
  invalid: boolean
}

const FieldContext = createContext<FieldContextValue | null>(null)

/** The id and aria attributes that tie a control to its field's label, hint and error. */
export function useFieldControl(own: { id?: string; 'aria-describedby'?: string } = {}) {
  const field = use(FieldContext)
  return {
    id: own.id ?? field?.id,
    'aria-describedby': [own['aria-describedby'], field?.describedBy].filter(Boolean).join(' ') || undefined,
    'aria-invalid': field?.invalid || undefined,
  }
}

export interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  error?: string | undefined
  /** Stands at the right of the label: "Optional", "Forgot password?". */
  aside?: ReactNode
  hideLabel?: boolean
  className?: string
  children: ReactNode
}

/** A label, one control, and the words under it. The error replaces the hint and is announced when it appears. */
export function Field({ label, hint, error, aside, hideLabel = false, className, children }: FieldProps) {
  const id = useId()
  const noteId = `${id}-note`
  return (
    <FieldContext value={{ id, describedBy: hint || error ? noteId : undefined, invalid: Boolean(error) }}>
      <div className={cx('flex flex-col gap-1.5', className)}>
        <div className={cx('flex items-baseline justify-between gap-3', hideLabel && 'sr-only')}>
          <label htmlFor={id} className="font-medium">
            {label}
          </label>
          {aside ? <span className="text-xs text-ink-muted">{aside}</span> : null}
        </div>
        {children}
        <div id={noteId} aria-live="polite" className="text-xs empty:hidden">
          {error ? (
            <p className="flex items-start gap-1.5 text-danger-text">
              <CircleAlert className="mt-px size-3.5 shrink-0" aria-hidden />
              {error}
            </p>
          ) : hint ? (
            <p className="text-ink-muted">{hint}</p>
          ) : null}
        </div>
      </div>
    </FieldContext>
  )
}

/** Gives any single control the field's id and aria attributes. */
export function FieldControl({ children }: { children: ReactElement }) {
  return <Slot.Root {...useFieldControl()}>{children}</Slot.Root>
}
