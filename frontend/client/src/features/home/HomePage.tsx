import { videos } from '@keyreel/api'
import { Button, Card } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'
import { ProblemState } from '@/app/problems'
import { useMay, useSession } from '@/app/useSession'
import { Alerts } from './Alerts'
import { Checklist } from './Checklist'
import { Continue } from './Continue'
import { FirstRun } from './FirstRun'
import { HomeSkeleton } from './HomeSkeleton'
import { Meters } from './Meters'
import { overviewOf, partOfDay } from './overview'
import { Recent } from './Recent'

/** What is going on in the workspace, and the way to the next video. */
export function HomePage() {
  const { t } = useTranslation('home')
  const { user } = useSession()
  const may = useMay('jobs:write')
  const [now] = useState(() => new Date())
  const library = useInfiniteQuery(videos.list())
  const all = library.data
  const seen = all && overviewOf(all, now)
  const [first = user.name] = user.name.trim().split(/\s+/)
  return (
    <Page
      title={t(`greeting.${partOfDay(now.getHours())}`, { name: first })}
      detail={t('detail')}
      actions={
        may && all?.length ? (
          <Button asChild variant="primary">
            <Link to="/create">
              <Plus />
              {t('create')}
            </Link>
          </Button>
        ) : undefined
      }
    >
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_19rem] lg:gap-8">
        <div className="flex min-w-0 flex-col gap-8">
          {library.isPending ? (
            <HomeSkeleton />
          ) : seen === undefined ? (
            <Card>
              <ProblemState error={library.error} onRetry={() => void library.refetch()} />
            </Card>
          ) : (
            <>
              <Alerts failed={seen.failed} />
              {all?.length === 0 ? <FirstRun may={may} /> : null}
              <Continue running={seen.running} drafts={seen.drafts} />
              {all?.length ? <Recent videos={seen.recent} /> : null}
            </>
          )}
        </div>
        <aside className="flex min-w-0 flex-col gap-6" aria-label={t('aside')}>
          {seen ? <Checklist made={seen.recent.length > 0} /> : null}
          <Meters />
        </aside>
      </div>
    </Page>
  )
}
