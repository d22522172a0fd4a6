import { entrance } from '@keyreel/api'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { currentLanguage } from '@/i18n'
import { AccountForm } from './AccountForm'
import { AuthPanel, textLink } from './AuthPanel'
import { CheckYourMail } from './CheckYourMail'
import { rememberedInvitation } from './invitationToken'

const route = getRouteApi('/door/sign-up')

export function SignUpPage() {
  const { t } = useTranslation('auth')
  const { next } = route.useSearch()
  const [sentTo, setSentTo] = useState<string | null>(null)
  if (sentTo !== null)
    return (
      <CheckYourMail
        sent="mail.sent"
        email={sentTo}
        footer={
          <button
            type="button"
            className={textLink}
            onClick={() => {
              setSentTo(null)
            }}
          >
            {t('mail.otherAddress')}
          </button>
        }
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
      <AccountForm
        submit={t('signUp.submit')}
        send={(account) =>
          entrance.register({ ...account, locale: currentLanguage(), invitation: rememberedInvitation() })
        }
        onSent={(_answer, { email }) => {
          setSentTo(email)
        }}
      />
    </AuthPanel>
  )
}
