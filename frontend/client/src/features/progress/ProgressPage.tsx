import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'

export function ProgressPage() {
  const { t } = useTranslation('progress')
  return <Page title={t('title')}>{null}</Page>
}
