import { asApiError, jobs, keys, type Video } from '@keyreel/api'
import { Button, type ButtonProps } from '@keyreel/ui'
import { Clapperboard } from 'lucide-react'
import type { ReactNode } from 'react'
import { PlanRefusal, refusedByPlan } from '@/app/PlanRefusal'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'
import { isWorking } from '@/app/video/status'

/** Has the newest version made into a film. It stays pending until the library has heard of the job. */
export function RenderButton({
  video,
  variant = 'primary',
  children,
}: { video: Video; children: ReactNode } & Pick<ButtonProps, 'variant'>) {
  const may = useMay('jobs:write')
  const start = useAct(() => jobs.start({ storyboard_id: video.id }, crypto.randomUUID()), {
    refreshes: [keys.videos.detail(video.id), keys.jobs.lists, keys.billing.all],
    quiet: true,
  })
  if (!may) return null
  const waiting = start.isPending || (start.data !== undefined && start.data.id !== video.job_id)
  return (
    <div className="flex flex-col items-center gap-3">
      <Button
        variant={variant}
        icon={<Clapperboard />}
        pending={waiting}
        disabled={isWorking(video.status)}
        onClick={() => {
          start.mutate()
        }}
      >
        {children}
      </Button>
      {start.isError ? (
        refusedByPlan(asApiError(start.error)) ? (
          <Refused error={start.error} />
        ) : (
          <ProblemCallout error={start.error} className="text-left" />
        )
      ) : null}
    </div>
  )
}

function Refused({ error }: { error: unknown }) {
  const failure = asApiError(error)
  return refusedByPlan(failure) ? <PlanRefusal error={failure} className="text-left" /> : null
}
