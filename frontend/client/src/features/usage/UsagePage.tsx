import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'

export function UsagePage() {
  const { t } = useTranslation('usage')
  return <Page title={t('title')}>{null}</Page>
}
