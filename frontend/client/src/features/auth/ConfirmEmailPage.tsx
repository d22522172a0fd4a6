import { account, asApiError, keys, session } from '@keyreel/api'
import { Button } from '@keyreel/ui'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck, LogIn } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { ProblemState } from '@/app/problems'
import { useSessionState } from '@/app/useSession'
import { AuthPanel } from './AuthPanel'
import { BadLink } from './BadLink'
import { useOnce } from './useOnce'
import { Working } from './Working'

/** Finishes moving the account to another address; the person must be signed in. */
export function ConfirmEmailPage() {
  const { t } = useTranslation('auth')
  const token = useFragmentToken()
  const cache = useQueryClient()
  const { status } = useSessionState()
  const confirm = useMutation({
    mutationFn: async () => {
      if ((await session.resume()).status !== 'signedIn') return false
      await account.confirmEmail(token ?? '')
      await session.refresh()
      return true
    },
    meta: { quiet: true },
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.account.all }),
  })
  useOnce(() => {
    if (token !== null) confirm.mutate()
  })

  const problem = confirm.error === null ? null : asApiError(confirm.error)
  if (token === null || problem?.code === 'invalid_or_expired_token')
    return <BadLink detail={t('confirmEmail.bad')} />
  if (confirm.data === false && status === 'signedOut')
    return (
      <AuthPanel
        icon={<LogIn />}
        title={t('confirmEmail.signFirst')}
        detail={t('confirmEmail.signFirstDetail')}
      >
        <Button asChild variant="primary" size="lg" block>
          <Link to="/sign-in" search={{ next: `/confirm-email#token=${token}` }}>
            {t('badLink.toSignIn')}
          </Link>
        </Button>
      </AuthPanel>
    )
  if (problem !== null)
    return (
      <ProblemState
        error={problem}
        onRetry={() => {
          confirm.mutate()
        }}
      />
    )
  if (!confirm.isSuccess) return <Working>{t('confirmEmail.working')}</Working>
  return (
    <AuthPanel icon={<CircleCheck />} title={t('confirmEmail.done')} detail={t('confirmEmail.doneDetail')}>
      <Button asChild variant="primary" size="lg" block>
        <Link to="/">{t('confirmEmail.toStudio')}</Link>
      </Button>
    </AuthPanel>
  )
}
