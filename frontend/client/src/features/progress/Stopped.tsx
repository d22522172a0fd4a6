import { asApiError, type JobDetail, jobs, keys } from '@keyreel/api'
import { Button, Card, EmptyState } from '@keyreel/ui'
import { Link, useRouter } from '@tanstack/react-router'
import { CircleStop, RotateCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { PlanRefusal, refusedByPlan } from '@/app/PlanRefusal'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'

/** Somebody stopped it. What was made is kept, so a new run goes on from there. */
export function Stopped({ job }: { job: JobDetail }) {
  const { t } = useTranslation('progress')
  const router = useRouter()
  const may = useMay('jobs:write')
  // One new run for this stopped one, however often the button is pressed.
  const again = useAct(
    () => jobs.start({ storyboard_id: job.storyboard_id, version: job.version }, `again-${job.id}`),
    {
      quiet: true,
      refreshes: [keys.jobs.lists, keys.videos.lists, keys.billing.quotas],
      onDone: (next) => router.navigate({ to: '/jobs/$jobId', params: { jobId: next.id } }),
    },
  )
  const refused = again.error ? asApiError(again.error) : null
  return (
    <Card className="p-5 sm:p-6">
      <EmptyState
        className="py-8"
        icon={<CircleStop />}
        title={t('stopped.what')}
        detail={t('stopped.detail')}
        action={
          <>
            {may ? (
              <Button
                variant="primary"
                icon={<RotateCw />}
                pending={again.isPending}
                onClick={() => {
                  again.mutate()
                }}
              >
                {t('stopped.again')}
              </Button>
            ) : null}
            <Button asChild>
              <Link to="/library">{t('toLibrary')}</Link>
            </Button>
          </>
        }
      />
      {refused ? (
        refusedByPlan(refused) ? (
          <PlanRefusal error={refused} />
        ) : (
          <ProblemCallout error={refused} />
        )
      ) : null}
    </Card>
  )
}
