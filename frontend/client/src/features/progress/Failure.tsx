import {
  ApiError,
  asApiError,
  type FailureCode,
  type JobDetail,
  type JobFailure,
  jobs,
  keys,
} from '@keyreel/api'
import { Button, Card, CopyButton } from '@keyreel/ui'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { PencilLine, RotateCw, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { PlanRefusal, refusedByPlan } from '@/app/PlanRefusal'
import { ProblemCallout, sentenceOf } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'
import { useFormats } from '@/i18n/format'
import type { SceneLook } from './scenes'
import { StageRail } from './StageRail'

/** What failed, in which scene, why in plain words; what was made is kept, so trying again costs only the rest. */
export function Failure({
  job,
  failure,
  scenes,
}: {
  job: JobDetail
  failure: JobFailure
  scenes: readonly SceneLook[]
}) {
  const { t } = useTranslation('progress')
  const formats = useFormats()
  const may = useMay('jobs:write')
  const cache = useQueryClient()
  const retry = useAct(() => jobs.retry(job.id), {
    quiet: true,
    refreshes: [keys.jobs.lists, keys.videos.lists, keys.billing.quotas],
    onDone: (again) => {
      cache.setQueryData(keys.jobs.detail(job.id), again)
    },
  })
  const refused = retry.error ? asApiError(retry.error) : null
  const index = scenes.findIndex((scene) => scene.id === failure.scene)
  const { title } = sentenceOf(new ApiError(failure.code as FailureCode, { detail: failure.detail }))
  const details = [
    `job ${job.id}`,
    `storyboard ${job.storyboard_id} version ${String(job.version)}`,
    `stage ${job.stage ?? '–'}`,
    ...(failure.scene ? [`scene ${failure.scene}`] : []),
    `${failure.code}: ${failure.detail}`,
    job.finished_at ?? '',
  ].join('\n')
  return (
    <Card className="flex flex-col gap-6 p-5 sm:p-6">
      <div role="alert" className="flex items-start gap-4">
        <span
          aria-hidden
          className="flex size-11 shrink-0 items-center justify-center rounded-lg bg-danger-soft text-danger-text"
        >
          <TriangleAlert className="size-5" />
        </span>
        <div className="min-w-0">
          <h2 className="text-base font-semibold">
            {index >= 0 ? t('failed.scene', { number: formats.number(index + 1) }) : t('failed.whole')}
          </h2>
          <p className="mt-1 max-w-prose">{title}</p>
          <p className="mt-1 max-w-prose text-ink-muted">{t('failed.kept')}</p>
        </div>
      </div>
      <StageRail job={job} />
      {refused ? (
        refusedByPlan(refused) ? (
          <PlanRefusal error={refused} />
        ) : (
          <ProblemCallout error={refused} />
        )
      ) : null}
      <div className="flex flex-wrap gap-2">
        {may ? (
          <Button
            variant="primary"
            icon={<RotateCw />}
            pending={retry.isPending}
            onClick={() => {
              retry.mutate()
            }}
          >
            {t('failed.retry')}
          </Button>
        ) : null}
        <Button asChild>
          <Link to="/videos/$videoId" params={{ videoId: job.storyboard_id }}>
            <PencilLine />
            {t('failed.edit')}
          </Link>
        </Button>
        <CopyButton text={details}>{t('failed.copy')}</CopyButton>
      </div>
    </Card>
  )
}
