import { asApiError, entrance } from '@keyreel/api'
import { toast } from '@keyreel/ui'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { AuthPanel } from './AuthPanel'
import { BadLink } from './BadLink'
import { NewPasswordForm } from './NewPasswordForm'

export function ResetPasswordPage() {
  const { t } = useTranslation('auth')
  const token = useFragmentToken()
  const navigate = useNavigate()
  const reset = useMutation({
    mutationFn: (password: string) => entrance.resetPassword({ token: token ?? '', password }),
    meta: { quiet: true },
    onSuccess: async () => {
      toast({ title: t('reset.done') })
      await navigate({ to: '/sign-in', replace: true })
    },
  })
  if (token === null || (reset.error && asApiError(reset.error).code === 'invalid_or_expired_token'))
    return <BadLink detail={t('reset.bad')} />
  return (
    <AuthPanel title={t('reset.title')} detail={t('reset.detail')}>
      <NewPasswordForm
        label={t('reset.password')}
        submit={t('reset.submit')}
        pending={reset.isPending}
        error={reset.error}
        send={reset.mutate}
      />
    </AuthPanel>
  )
}
