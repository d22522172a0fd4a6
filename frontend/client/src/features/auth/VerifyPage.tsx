import { asApiError, entrance } from '@keyreel/api'
import { Button, PasswordField } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { ProblemCallout, ProblemState } from '@/app/problems'
import { z } from '@/app/zod'
import { AuthPanel } from './AuthPanel'
import { usePasswordSchema } from './accountSchema'
import { BadLink } from './BadLink'
import { forgetInvitation } from './invitationToken'
import { useEntered } from './useEntered'
import { useOnce } from './useOnce'
import { Working } from './Working'

/** Finishes registering with the token of the letter. Opened in another browser, a password has to be chosen. */
export function VerifyPage() {
  const { t } = useTranslation('auth')
  const token = useFragmentToken()
  const entered = useEntered()
  const verify = useMutation({
    mutationFn: (password?: string) => entrance.verify({ token: token ?? '', password: password ?? null }),
    meta: { quiet: true },
    onSuccess: () => {
      forgetInvitation()
      void entered()
    },
  })
  useOnce(() => {
    if (token !== null) verify.mutate(undefined)
  })

  const problem = verify.error === null ? null : asApiError(verify.error)
  if (token === null || problem?.code === 'invalid_or_expired_token')
    return <BadLink detail={t('verify.bad')} />
  // The password form stays from the moment the server asks for one, through its own refusals.
  if (problem?.code === 'password_needed' || verify.variables !== undefined)
    return (
      <ChoosePassword
        pending={verify.isPending}
        error={problem?.code === 'password_needed' ? null : problem}
        onChosen={verify.mutate}
      />
    )
  if (problem !== null)
    return (
      <ProblemState
        error={problem}
        onRetry={() => {
          verify.mutate(undefined)
        }}
      />
    )
  return <Working>{t('verify.working')}</Working>
}

function ChoosePassword({
  pending,
  error,
  onChosen,
}: {
  pending: boolean
  error: unknown
  onChosen: (password: string) => void
}) {
  const { t } = useTranslation('auth')
  const password = usePasswordSchema()
  const form = useForm({ resolver: zodResolver(z.object({ password })), defaultValues: { password: '' } })
  return (
    <AuthPanel title={t('verify.passwordTitle')} detail={t('verify.passwordDetail')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={form.handleSubmit((values) => {
          onChosen(values.password)
        })}
      >
        <ProblemCallout error={error} />
        <PasswordField
          label={t('field.password')}
          autoComplete="new-password"
          autoFocus
          hint={t('field.passwordHint')}
          error={form.formState.errors.password?.message}
          className="h-11"
          {...form.register('password')}
        />
        <Button type="submit" variant="primary" size="lg" block pending={pending}>
          {t('verify.finish')}
        </Button>
      </form>
    </AuthPanel>
  )
}
