import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { Button } from './Button'
import { cx } from './cx'
import { Field, type FieldProps } from './Field'
import { Input, type InputProps } from './Input'
import { useLabels } from './labels'
import { passwordStrength } from './passwordStrength'

export interface PasswordFieldProps extends Omit<InputProps, 'type' | 'trailing' | 'leading'> {
  label: FieldProps['label']
  hint?: FieldProps['hint']
  error?: FieldProps['error']
  aside?: FieldProps['aside']
  /** `new-password` shows how strong the typed one is. */
  autoComplete: 'current-password' | 'new-password'
}

const bars = ['bg-danger', 'bg-warning', 'bg-success', 'bg-success'] as const

export function PasswordField({ label, hint, error, aside, ...input }: PasswordFieldProps) {
  const [shown, setShown] = useState(false)
  const labels = useLabels()
  const [typed, setTyped] = useState('')
  const score = typed && input.autoComplete === 'new-password' ? passwordStrength(typed) : null
  return (
    <Field
      label={label}
      error={error}
      aside={aside}
      hint={
        score === null ? (
          hint
        ) : (
          <span className="flex items-center gap-2">
            <span className="flex w-24 gap-1" aria-hidden>
              {bars.map((_, index) => (
                <span
                  key={index}
                  className={cx(
                    'h-1 flex-1 rounded-full transition-colors duration-base',
                    index <= score ? bars[score] : 'bg-pressed',
                  )}
                />
              ))}
            </span>
            {labels.passwordStrength[score]}
          </span>
        )
      }
    >
      <Input
        {...input}
        onInput={(event) => {
          setTyped(event.currentTarget.value)
        }}
        type={shown ? 'text' : 'password'}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        trailing={
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={shown ? labels.hidePassword : labels.showPassword}
            aria-pressed={shown}
            onClick={() => {
              setShown(!shown)
            }}
          >
            {shown ? <EyeOff /> : <Eye />}
          </Button>
        }
      />
    </Field>
  )
}
