import { entrance } from '@keyreel/api'
import { Button, Field, Input } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { z } from '@/app/zod'
import { AuthPanel, textLink } from './AuthPanel'
import { CheckYourMail } from './CheckYourMail'

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
  if (ask.isSuccess) return <CheckYourMail sent="forgot.sent" email={ask.variables} footer={back} />
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
