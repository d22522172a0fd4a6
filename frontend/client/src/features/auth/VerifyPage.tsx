import { asApiError, entrance } from '@keyreel/api'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { ProblemState } from '@/app/problems'
import { AuthPanel } from './AuthPanel'
import { BadLink } from './BadLink'
import { forgetInvitation } from './invitationToken'
import { NewPasswordForm } from './NewPasswordForm'
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
      <AuthPanel title={t('verify.passwordTitle')} detail={t('verify.passwordDetail')}>
        <NewPasswordForm
          label={t('field.password')}
          submit={t('verify.finish')}
          pending={verify.isPending}
          error={verify.error}
          send={verify.mutate}
        />
      </AuthPanel>
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
