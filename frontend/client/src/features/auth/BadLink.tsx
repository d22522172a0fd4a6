import { Button } from '@keyreel/ui'
import { Link2Off } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from '@tanstack/react-router'
import { AuthPanel } from './AuthPanel'

/** A link that has no token, has expired or was used. */
export function BadLink({ detail }: { detail: string }) {
  const { t } = useTranslation('auth')
  return (
    <AuthPanel icon={<Link2Off />} title={t('badLink.title')} detail={detail}>
      <Button asChild variant="primary" size="lg" block>
        <Link to="/sign-in">{t('badLink.toSignIn')}</Link>
      </Button>
    </AuthPanel>
  )
}
