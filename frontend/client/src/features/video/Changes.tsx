import { type Job, jobs, type Video } from '@keyreel/api'
import { Callout } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { isWorking } from '@/app/video/status'
import { RenderButton } from './RenderButton'

/** The text is newer than the film: says so and renders it. */
export function Unrendered({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  if (video.film_version === null || video.version <= video.film_version || isWorking(video.status))
    return null
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-lg border border-line bg-surface px-4 py-3 shadow-sm">
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium">{t('unrendered.title')}</p>
        <p className="text-ink-muted">{t('unrendered.detail')}</p>
      </div>
      <RenderButton video={video}>{t('render.change')}</RenderButton>
    </div>
  )
}

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

/** After an edit: what the last render drew again and what it kept. */
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
