import { asApiError } from '@keyreel/api'
import { Button, Field, Input, PasswordField } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ProblemCallout, showViolations } from '@/app/problems'
import type { z } from '@/app/zod'
import { useAccountSchema } from './accountSchema'

type Account = z.infer<ReturnType<typeof useAccountSchema>>

/** Asks for name, e-mail address and password of a new account. */
export function AccountForm<Answer>({
  submit,
  emailHint,
  send,
  onSent,
}: {
  submit: string
  emailHint?: string
  send: (account: Account) => Promise<Answer>
  onSent: (answer: Answer, account: Account) => unknown
}) {
  const { t } = useTranslation('auth')
  const form = useForm({
    resolver: zodResolver(useAccountSchema()),
    defaultValues: { name: '', email: '', password: '' },
  })
  const [unplaced, setUnplaced] = useState(false)
  const create = useMutation({
    mutationFn: send,
    meta: { quiet: true },
    onSuccess: onSent,
    onError: (error) => {
      setUnplaced(showViolations(asApiError(error), ['name', 'email', 'password'], form.setError))
    },
  })
  const { errors } = form.formState
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((account) => {
        create.mutate(account)
      })}
    >
      <ProblemCallout error={unplaced ? create.error : null} />
      <Field label={t('field.name')} error={errors.name?.message}>
        <Input autoComplete="name" autoFocus className="h-11" {...form.register('name')} />
      </Field>
      <Field label={t('field.email')} error={errors.email?.message} hint={emailHint}>
        <Input type="email" autoComplete="username" className="h-11" {...form.register('email')} />
      </Field>
      <PasswordField
        label={t('field.password')}
        autoComplete="new-password"
        hint={t('field.passwordHint')}
        error={errors.password?.message}
        className="h-11"
        {...form.register('password')}
      />
      <Button type="submit" variant="primary" size="lg" block pending={create.isPending} className="mt-1">
        {submit}
      </Button>
    </form>
  )
}
