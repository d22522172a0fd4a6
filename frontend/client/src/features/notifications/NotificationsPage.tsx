import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'

export function NotificationsPage() {
  const { t } = useTranslation('notifications')
  return <Page title={t('title')}>{null}</Page>
}
