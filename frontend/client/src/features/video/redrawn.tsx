import { type Job, jobs, type Video } from '@keyreel/api'
import { Callout } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

/** How much of a film was drawn anew, in a sentence; null for one that was drawn whole, or is not known. */
export function useRedrawn(): (job: Job | undefined) => string | null {
  const { t } = useTranslation('video')
  return (job) => {
    if (job?.state !== 'ready' || job.segments_rendered >= job.segments) return null
    if (job.segments_rendered === 0) return t('redrawn.nothing')
    if (job.scenes_rendered === 0) return t('redrawn.transitions')
    return t('redrawn.scenes', { count: job.scenes_rendered, scenes: job.scenes })
  }
}

/** The runs of a video by id; a film has the id of its run. */
export function useRuns(videoId: string): (id: string) => Job | undefined {
  const runs = useInfiniteQuery(jobs.list({ storyboard_id: videoId }))
  return (id) => runs.data?.find((job) => job.id === id)
}

/** What the newest run drew again and what it kept; nothing for one that drew the whole film. */
export function LastRender({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  const run = useRuns(video.id)
  const redrawn = useRedrawn()
  const job = video.job_id === null ? undefined : run(video.job_id)
  const sentence = redrawn(job)
  if (job === undefined || sentence === null || video.status !== 'ready') return null
  return (
    <Callout tone="success" title={sentence}>
      {t('redrawn.kept', { kept: job.segments - job.segments_rendered, segments: job.segments })}
    </Callout>
  )
}
