import { Field, type FieldProps } from './Field'
import { Input, type InputProps } from './Input'

export interface TextFieldProps
  extends Omit<InputProps, 'value' | 'onChange' | 'className'>, Omit<FieldProps, 'children'> {
  value: string
  onValue: (value: string) => void
}

/** One line of text under its label. */
export function TextField({
  label,
  hint,
  error,
  aside,
  hideLabel,
  className,
  onValue,
  ...input
}: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} aside={aside} hideLabel={hideLabel} className={className}>
      <Input
        {...input}
        onChange={(event) => {
          onValue(event.target.value)
        }}
      />
    </Field>
  )
}
