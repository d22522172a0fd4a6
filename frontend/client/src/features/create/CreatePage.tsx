import { videos } from '@keyreel/api'
import { Button, Card, EmptyState } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Eye } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'
import { useMay } from '@/app/useSession'
import { CreateForm } from './CreateForm'

/** From a text and some pictures to a running job: everything on one page, nothing else needed. */
export function CreatePage() {
  const { t } = useTranslation('create')
  const may = useMay('jobs:write')
  const known = useInfiniteQuery(videos.list())
  const first = known.data?.length === 0
  return (
    <Page
      title={first ? t('titleFirst') : t('titlePage')}
      detail={first ? t('detailFirst') : t('detailPage')}
    >
      {may ? (
        <CreateForm />
      ) : (
        <Card>
          <EmptyState
            icon={<Eye />}
            title={t('mayNot.title')}
            detail={t('mayNot.detail')}
            action={
              <Button asChild>
                <Link to="/library">{t('mayNot.library')}</Link>
              </Button>
            }
          />
        </Card>
      )}
    </Page>
  )
}
