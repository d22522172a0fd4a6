import { asApiError, entrance } from '@keyreel/api'
import { Button, Field, Input, PasswordField } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { MailCheck } from 'lucide-react'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { Trans, useTranslation } from 'react-i18next'
import { ProblemCallout, showViolations } from '@/app/problems'
import type { z } from '@/app/zod'
import { currentLanguage } from '@/i18n'
import { AuthPanel, textLink } from './AuthPanel'
import { useAccountSchema } from './accountSchema'
import { rememberedInvitation } from './invitationToken'

const route = getRouteApi('/door/sign-up')

export function SignUpPage() {
  const { t } = useTranslation('auth')
  const { next } = route.useSearch()
  const [sentTo, setSentTo] = useState<string | null>(null)
  if (sentTo !== null)
    return (
      <CheckYourMail
        email={sentTo}
        onChange={() => {
          setSentTo(null)
        }}
      />
    )
  return (
    <AuthPanel
      title={t('signUp.title')}
      detail={rememberedInvitation() === null ? t('signUp.detail') : t('signUp.invited')}
      footer={
        <>
          {t('signUp.known')}{' '}
          <Link to="/sign-in" search={next ? { next } : {}} className={textLink}>
            {t('signUp.toSignIn')}
          </Link>
        </>
      }
    >
      <SignUpForm onSent={setSentTo} />
    </AuthPanel>
  )
}

function SignUpForm({ onSent }: { onSent: (email: string) => void }) {
  const { t } = useTranslation('auth')
  const schema = useAccountSchema()
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { name: '', email: '', password: '' },
  })
  const [unplaced, setUnplaced] = useState(false)
  const register = useMutation({
    mutationFn: (values: z.infer<typeof schema>) =>
      entrance.register({ ...values, locale: currentLanguage(), invitation: rememberedInvitation() }),
    meta: { quiet: true },
    onSuccess: (_answer, values) => {
      onSent(values.email)
    },
    onError: (error) => {
      setUnplaced(showViolations(asApiError(error), ['name', 'email', 'password'], form.setError))
    },
  })
  const { errors } = form.formState
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((values) => {
        register.mutate(values)
      })}
    >
      <ProblemCallout error={unplaced ? register.error : null} />
      <Field label={t('field.name')} error={errors.name?.message}>
        <Input autoComplete="name" autoFocus className="h-11" {...form.register('name')} />
      </Field>
      <Field label={t('field.email')} error={errors.email?.message}>
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
      <Button type="submit" variant="primary" size="lg" block pending={register.isPending} className="mt-1">
        {t('signUp.submit')}
      </Button>
    </form>
  )
}

function CheckYourMail({ email, onChange }: { email: string; onChange: () => void }) {
  const { t } = useTranslation('auth')
  return (
    <AuthPanel
      icon={<MailCheck />}
      title={t('mail.title')}
      detail={
        <Trans
          t={t}
          i18nKey="mail.sent"
          values={{ email }}
          components={{ b: <b className="font-medium text-ink" /> }}
        />
      }
      footer={
        <button type="button" className={textLink} onClick={onChange}>
          {t('mail.otherAddress')}
        </button>
      }
    >
      <p className="text-ink-muted">{t('mail.nothing')}</p>
    </AuthPanel>
  )
}
