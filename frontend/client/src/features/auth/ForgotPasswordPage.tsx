import { entrance } from '@keyreel/api'
import { Button, Field, Input } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MailCheck } from 'lucide-react'
import { useForm } from 'react-hook-form'
import { Trans, useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { z } from '@/app/zod'
import { AuthPanel, textLink } from './AuthPanel'

export function ForgotPasswordPage() {
  const { t } = useTranslation('auth')
  const form = useForm({
    resolver: zodResolver(z.object({ email: z.string().trim().min(1, t('field.emailNeeded')).max(320) })),
    defaultValues: { email: '' },
  })
  const ask = useMutation({ mutationFn: entrance.forgotPassword, meta: { quiet: true } })
  const back = (
    <Link to="/sign-in" className={textLink}>
      {t('forgot.back')}
    </Link>
  )
  if (ask.isSuccess)
    return (
      <AuthPanel
        icon={<MailCheck />}
        title={t('mail.title')}
        detail={
          <Trans
            t={t}
            i18nKey="forgot.sent"
            values={{ email: ask.variables }}
            components={{ b: <b className="font-medium text-ink" /> }}
          />
        }
        footer={back}
      >
        <p className="text-ink-muted">{t('mail.nothing')}</p>
      </AuthPanel>
    )
  return (
    <AuthPanel title={t('forgot.title')} detail={t('forgot.detail')} footer={back}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit(({ email }) => {
          ask.mutate(email)
        })}
      >
        <ProblemCallout error={ask.error} />
        <Field label={t('field.email')} error={form.formState.errors.email?.message}>
          <Input
            type="email"
            autoComplete="username"
            autoFocus
            className="h-11"
            {...form.register('email')}
          />
        </Field>
        <Button type="submit" variant="primary" size="lg" block pending={ask.isPending}>
          {t('forgot.submit')}
        </Button>
      </form>
    </AuthPanel>
  )
}
