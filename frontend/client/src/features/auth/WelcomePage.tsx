import { asApiError, entrance } from '@keyreel/api'
import { useMutation } from '@tanstack/react-query'
import { Sparkles } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { ProblemState } from '@/app/problems'
import { currentLanguage } from '@/i18n'
import { AccountForm } from './AccountForm'
import { AuthPanel } from './AuthPanel'
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
  return (
    <AuthPanel icon={<Sparkles />} title={t('welcome.title')} detail={t('welcome.detail')}>
      <AccountForm
        submit={t('welcome.submit')}
        emailHint={t('welcome.emailHint')}
        send={(account) => entrance.signInWithLink({ ...account, token, locale: currentLanguage() })}
        onSent={entered}
      />
    </AuthPanel>
  )
}
