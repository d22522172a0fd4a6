import { type JobDetail, jobs, storyboards } from '@keyreel/api'
import { Card, Loading, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'
import { ProblemState } from '@/app/problems'
import { CallLog } from './CallLog'
import { Failure } from './Failure'
import { Result } from './Result'
import { SceneList } from './SceneList'
import { scenesOf } from './scenes'
import { isWorking } from './stages'
import { Stopped } from './Stopped'
import { Working } from './Working'

const route = getRouteApi('/studio/jobs/$jobId')

/** One run towards a film: how far it is, what came of it. Live events bring it on; nothing here polls. */
export function ProgressPage() {
  const { t } = useTranslation('progress')
  const { jobId } = route.useParams()
  const job = useQuery(jobs.detail(jobId))
  if (job.isPending)
    return (
      <Page title={t('title')} width="narrow">
        <Loading>
          <Card className="flex flex-col gap-5 p-6">
            <Skeleton className="h-10 w-32" />
            <Skeleton className="h-1.5 w-full" />
            <Skeleton className="h-14 w-full" />
          </Card>
        </Loading>
      </Page>
    )
  if (job.isError && job.data === undefined)
    return (
      <Page title={t('title')} width="narrow">
        <Card>
          <ProblemState error={job.error} onRetry={() => void job.refetch()} />
        </Card>
      </Page>
    )
  return <Run key={jobId} job={job.data} />
}

function Run({ job }: { job: JobDetail }) {
  const { t } = useTranslation('progress')
  const board = useQuery(storyboards.version(job.storyboard_id, job.version))
  const scenes = scenesOf(board.data?.document)
  const headings = {
    ready: t('ready.title'),
    failed: t('failed.title'),
    cancelled: t('stopped.title'),
  }
  return (
    <Page
      title={isWorking(job) ? t('title') : headings[job.state as keyof typeof headings]}
      detail={board.data?.title}
      width="narrow"
    >
      <div className="flex flex-col gap-6">
        {job.state === 'ready' ? (
          <Result job={job} />
        ) : job.state === 'failed' && job.failure ? (
          <Failure job={job} failure={job.failure} scenes={scenes} />
        ) : job.state === 'cancelled' ? (
          <Stopped job={job} />
        ) : (
          <Working job={job} />
        )}
        {job.state === 'ready' || scenes.length === 0 ? null : <SceneList job={job} scenes={scenes} />}
        <CallLog calls={job.calls} />
      </div>
    </Page>
  )
}
