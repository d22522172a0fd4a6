import { asApiError, entrance } from '@keyreel/api'
import { Button, PasswordField, toast } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { ProblemCallout, showViolations } from '@/app/problems'
import { z } from '@/app/zod'
import { AuthPanel } from './AuthPanel'
import { usePasswordSchema } from './accountSchema'
import { BadLink } from './BadLink'

export function ResetPasswordPage() {
  const { t } = useTranslation('auth')
  const token = useFragmentToken()
  const navigate = useNavigate()
  const password = usePasswordSchema()
  const form = useForm({ resolver: zodResolver(z.object({ password })), defaultValues: { password: '' } })
  const [unplaced, setUnplaced] = useState(false)
  const reset = useMutation({
    mutationFn: (values: { password: string }) => entrance.resetPassword({ token: token ?? '', ...values }),
    meta: { quiet: true },
    onSuccess: async () => {
      toast({ title: t('reset.done') })
      await navigate({ to: '/sign-in', replace: true })
    },
    onError: (error) => {
      setUnplaced(showViolations(asApiError(error), ['password'], form.setError))
    },
  })
  if (token === null || (reset.error && asApiError(reset.error).code === 'invalid_or_expired_token'))
    return <BadLink detail={t('reset.bad')} />
  return (
    <AuthPanel title={t('reset.title')} detail={t('reset.detail')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((values) => {
          reset.mutate(values)
        })}
      >
        <ProblemCallout error={unplaced ? reset.error : null} />
        <PasswordField
          label={t('reset.password')}
          autoComplete="new-password"
          autoFocus
          hint={t('field.passwordHint')}
          error={form.formState.errors.password?.message}
          className="h-11"
          {...form.register('password')}
        />
        <Button type="submit" variant="primary" size="lg" block pending={reset.isPending}>
          {t('reset.submit')}
        </Button>
      </form>
    </AuthPanel>
  )
}
