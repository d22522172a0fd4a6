import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'

export function VideoPage() {
  const { t } = useTranslation('video')
  return <Page title={t('title')}>{null}</Page>
}
