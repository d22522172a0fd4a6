import { asApiError, entrance, session, workspace } from '@keyreel/api'
import { Button, Loading, Spinner } from '@keyreel/ui'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { UsersRound } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFragmentToken } from '@/app/fragment'
import { ProblemCallout } from '@/app/problems'
import { queryClient } from '@/app/queryClient'
import { useSessionState } from '@/app/useSession'
import { AuthPanel, textLink } from './AuthPanel'
import { BadLink } from './BadLink'
import { forgetInvitation, rememberedInvitation, rememberInvitation } from './invitationToken'
import { useEntered } from './useEntered'

/** Joins the workspace somebody was invited to, after signing in or up if need be. */
export function InvitationPage() {
  const { t } = useTranslation('auth')
  const fromLink = useFragmentToken()
  const [token] = useState(() => fromLink ?? rememberedInvitation())
  useEffect(() => {
    if (fromLink !== null) rememberInvitation(fromLink)
  }, [fromLink])
  const known = useQuery({ queryKey: ['session'], queryFn: () => session.resume(), staleTime: Infinity })
  const state = useSessionState()

  if (token === null) return <BadLink detail={t('invitation.bad')} />
  if (known.isPending)
    return (
      <Loading>
        <Spinner className="size-5 text-ink-faint" />
      </Loading>
    )
  return state.status === 'signedIn' ? <Join token={token} email={state.session.user.email} /> : <SignFirst />
}

function SignFirst() {
  const { t } = useTranslation('auth')
  return (
    <AuthPanel icon={<UsersRound />} title={t('invitation.title')} detail={t('invitation.signFirst')}>
      <Button asChild variant="primary" size="lg" block>
        <Link to="/sign-up">{t('invitation.signUp')}</Link>
      </Button>
      <Button asChild size="lg" block>
        <Link to="/sign-in" search={{ next: '/invitation' }}>
          {t('invitation.signIn')}
        </Link>
      </Button>
    </AuthPanel>
  )
}

function Join({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation('auth')
  const entered = useEntered()
  const join = useMutation({
    mutationFn: async () => workspace.enter((await workspace.acceptInvitation(token)).id),
    meta: { quiet: true },
    onSuccess: async () => {
      forgetInvitation()
      queryClient.clear()
      await entered()
    },
  })
  const signOut = useMutation({ mutationFn: entrance.signOut })
  if (join.error && asApiError(join.error).code === 'invalid_or_expired_token')
    return <BadLink detail={t('invitation.bad')} />
  return (
    <AuthPanel
      icon={<UsersRound />}
      title={t('invitation.title')}
      detail={t('invitation.join', { email })}
      footer={
        <button
          type="button"
          className={textLink}
          onClick={() => {
            signOut.mutate()
          }}
        >
          {t('invitation.otherAccount')}
        </button>
      }
    >
      <ProblemCallout error={join.error} />
      <Button
        variant="primary"
        size="lg"
        block
        pending={join.isPending}
        onClick={() => {
          join.mutate()
        }}
      >
        {t('invitation.accept')}
      </Button>
    </AuthPanel>
  )
}
