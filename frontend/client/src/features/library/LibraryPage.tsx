import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'

export function LibraryPage() {
  const { t } = useTranslation('library')
  return <Page title={t('title')}>{null}</Page>
}
