import { type JobDetail, jobs, keys } from '@keyreel/api'
import { Button, Card, ConfirmDialog, ProgressBar } from '@keyreel/ui'
import { useQueryClient } from '@tanstack/react-query'
import { CircleStop } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'
import { useFormats } from '@/i18n/format'
import { StageRail } from './StageRail'
import { canBeStopped, highWater, isWaiting, percentOf, roughly } from './stages'

/** A job on its way: how much is done, what is being done, how long it takes. */
export function Working({ job }: { job: JobDetail }) {
  const { t } = useTranslation('progress')
  const formats = useFormats()
  const may = useMay('jobs:write')
  const [most, setMost] = useState(job.progress)
  const progress = highWater(most, job)
  if (progress !== most) setMost(progress)
  const percent = percentOf(progress, false)
  return (
    <Card className="flex flex-col gap-6 p-5 sm:p-6">
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-1">
          <p className="text-2xl font-semibold figures">{formats.percent(percent / 100)}</p>
          <p className="text-ink-muted figures">
            <When job={job} />
          </p>
        </div>
        <ProgressBar value={isWaiting(job) ? null : percent / 100} label={t('progress')} />
      </div>
      <StageRail job={job} />
      <div className="flex flex-wrap items-center justify-between gap-3 border-t border-line pt-4">
        <p className="max-w-prose flex-1 basis-60 text-ink-muted">{t('leave')}</p>
        {may && canBeStopped(job) ? <Stop jobId={job.id} /> : null}
      </div>
    </Card>
  )
}

/** The place in the queue while it waits, the time left once that can be told. */
function When({ job }: { job: JobDetail }) {
  const { t } = useTranslation('progress')
  const formats = useFormats()
  if (isWaiting(job)) {
    const ahead = job.queue_position ?? 0
    return ahead === 0 ? t('queue.next') : t('queue.ahead', { count: ahead, number: formats.number(ahead) })
  }
  if (job.seconds_left === null) return t('left.unknown')
  const left = roughly(job.seconds_left)
  return left.unit === 'moments' ? t('left.moments') : t(`left.${left.unit}`, { count: left.count })
}

function Stop({ jobId }: { jobId: string }) {
  const { t } = useTranslation('progress')
  const cache = useQueryClient()
  const stop = useAct(() => jobs.cancel(jobId), {
    refreshes: [keys.jobs.lists, keys.videos.lists, keys.billing.quotas],
    onDone: (job) => {
      cache.setQueryData(keys.jobs.detail(jobId), job)
    },
  })
  return (
    <ConfirmDialog
      trigger={
        <Button variant="danger-quiet" icon={<CircleStop />}>
          {t('stop.act')}
        </Button>
      }
      title={t('stop.title')}
      description={t('stop.description')}
      action={t('stop.act')}
      onConfirm={() => stop.mutateAsync()}
    />
  )
}
