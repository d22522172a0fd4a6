import { MailCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { Trans, useTranslation } from 'react-i18next'
import { AuthPanel } from './AuthPanel'

/** A letter is on its way; what is next happens there. */
export function CheckYourMail({
  sent,
  email,
  footer,
}: {
  sent: 'mail.sent' | 'forgot.sent'
  email: string
  footer: ReactNode
}) {
  const { t } = useTranslation('auth')
  return (
    <AuthPanel
      icon={<MailCheck />}
      title={t('mail.title')}
      detail={
        <Trans
          t={t}
          i18nKey={sent}
          values={{ email }}
          components={{ b: <b className="font-medium text-ink" /> }}
        />
      }
      footer={footer}
    >
      <p className="text-ink-muted">{t('mail.nothing')}</p>
    </AuthPanel>
  )
}
