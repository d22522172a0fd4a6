import { asApiError, entrance } from '@keyreel/api'
import { Button, Field, Input, PasswordField } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { Sparkles } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { ProblemCallout, ProblemState, showViolations } from '@/app/problems'
import type { z } from '@/app/zod'
import { currentLanguage } from '@/i18n'
import { AuthPanel } from './AuthPanel'
import { useAccountSchema } from './accountSchema'
import { BadLink } from './BadLink'
import { useEntered } from './useEntered'
import { useOnce } from './useOnce'
import { Working } from './Working'

/**
 * The one-time link from the terminal. For an administrator who exists it signs in at once; the first one is asked for
 * an address, a name and a password, which the server says by refusing a link without them.
 */
export function WelcomePage() {
  const { t } = useTranslation('auth')
  const token = useFragmentToken()
  const entered = useEntered()
  const look = useMutation({
    mutationFn: () => entrance.signInWithLink({ token: token ?? '', locale: currentLanguage() }),
    meta: { quiet: true },
    onSuccess: entered,
  })
  useOnce(() => {
    if (token !== null) look.mutate()
  })

  const problem = look.error === null ? null : asApiError(look.error)
  if (token === null || problem?.code === 'invalid_or_expired_token')
    return <BadLink detail={t('welcome.bad')} />
  if (problem?.code === 'invalid_input') return <FirstAdministrator token={token} entered={entered} />
  if (problem !== null)
    return (
      <ProblemState
        error={problem}
        onRetry={() => {
          look.mutate()
        }}
      />
    )
  return <Working>{t('welcome.working')}</Working>
}

function FirstAdministrator({ token, entered }: { token: string; entered: () => unknown }) {
  const { t } = useTranslation('auth')
  const schema = useAccountSchema()
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { name: '', email: '', password: '' },
  })
  const [unplaced, setUnplaced] = useState(false)
  const begin = useMutation({
    mutationFn: (values: z.infer<typeof schema>) =>
      entrance.signInWithLink({ ...values, token, locale: currentLanguage() }),
    meta: { quiet: true },
    onSuccess: entered,
    onError: (error) => {
      setUnplaced(showViolations(asApiError(error), ['name', 'email', 'password'], form.setError))
    },
  })
  const { errors } = form.formState
  return (
    <AuthPanel icon={<Sparkles />} title={t('welcome.title')} detail={t('welcome.detail')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((values) => {
          begin.mutate(values)
        })}
      >
        <ProblemCallout error={unplaced ? begin.error : null} />
        <Field label={t('field.name')} error={errors.name?.message}>
          <Input autoComplete="name" autoFocus className="h-11" {...form.register('name')} />
        </Field>
        <Field label={t('field.email')} error={errors.email?.message} hint={t('welcome.emailHint')}>
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
        <Button type="submit" variant="primary" size="lg" block pending={begin.isPending} className="mt-1">
          {t('welcome.submit')}
        </Button>
      </form>
    </AuthPanel>
  )
}
