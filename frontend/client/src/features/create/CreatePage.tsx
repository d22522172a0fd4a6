import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'

export function CreatePage() {
  const { t } = useTranslation('create')
  return <Page title={t('title')}>{null}</Page>
}
