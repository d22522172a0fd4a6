import { Field, Input } from '@keyreel/ui'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'

/**
 * Where a key is pasted. It stays in this field alone, in no state and no cache, and goes with it. It is no password:
 * nothing offers to remember it.
 */
export function KeyField({
  hint,
  error,
  field,
  onFilled,
  autoFocus,
}: {
  hint: string
  error: string | undefined
  field: Ref<HTMLInputElement>
  onFilled: (filled: boolean) => void
  autoFocus?: boolean
}) {
  const { t } = useTranslation('settings')
  return (
    <Field label={t('connections.key')} hint={hint} error={error}>
      <Input
        ref={field}
        maxLength={600}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        autoFocus={autoFocus}
        data-1p-ignore
        data-lpignore="true"
        className="font-mono [-webkit-text-security:disc]"
        onInput={(event) => {
          onFilled(event.currentTarget.value.trim() !== '')
        }}
      />
    </Field>
  )
}
