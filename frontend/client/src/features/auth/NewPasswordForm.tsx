import { asApiError } from '@keyreel/api'
import { Button, PasswordField } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ProblemCallout, showViolations } from '@/app/problems'
import { z } from '@/app/zod'
import { usePasswordSchema } from './accountSchema'

/** Has a password chosen; a refusal that speaks of it stands at its field. */
export function NewPasswordForm({
  label,
  submit,
  pending,
  error,
  send,
}: {
  label: string
  submit: string
  pending: boolean
  error: unknown
  send: (password: string, options: { onError: (error: unknown) => void }) => void
}) {
  const { t } = useTranslation('auth')
  const password = usePasswordSchema()
  const form = useForm({ resolver: zodResolver(z.object({ password })), defaultValues: { password: '' } })
  const [unplaced, setUnplaced] = useState(false)
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((values) => {
        send(values.password, {
          onError: (refusal) => {
            setUnplaced(showViolations(asApiError(refusal), ['password'], form.setError))
          },
        })
      })}
    >
      <ProblemCallout error={unplaced ? error : null} />
      <PasswordField
        label={label}
        autoComplete="new-password"
        autoFocus
        hint={t('field.passwordHint')}
        error={form.formState.errors.password?.message}
        className="h-11"
        {...form.register('password')}
      />
      <Button type="submit" variant="primary" size="lg" block pending={pending}>
        {submit}
      </Button>
    </form>
  )
}
