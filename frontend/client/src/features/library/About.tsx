import type { Video } from '@keyreel/api'
import { ProgressBar } from '@keyreel/ui'
import { CalendarClock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { isWorking, ReviewBadge, StatusBadge } from '@/app/video/status'
import { useFormats } from '@/i18n/format'
import { daysUntil } from './filters'

/** Where a video stands: its status, for a ready one its review, in the trash how long it is kept. */
export function Standing({ video }: { video: Video }) {
  if (video.purge_at !== null) return <DaysLeft until={video.purge_at} />
  return video.status === 'ready' ? (
    <ReviewBadge review={video.review} />
  ) : (
    <StatusBadge status={video.status} />
  )
}

export function DaysLeft({ until }: { until: string }) {
  const { t } = useTranslation('library')
  return (
    <span className="inline-flex items-center gap-1.5 text-xs whitespace-nowrap text-ink-muted">
      <CalendarClock className="size-3.5 shrink-0" aria-hidden />
      {t('daysLeft', { count: daysUntil(until) })}
    </span>
  )
}

/** How far a running job is; nothing when none runs. */
export function Making({ video, className }: { video: Video; className?: string }) {
  const { t } = useTranslation('library')
  const formats = useFormats()
  if (!isWorking(video.status)) return null
  return (
    <div className={className}>
      <div className="flex items-center gap-2 text-xs text-ink-muted figures">
        <ProgressBar
          className="flex-1"
          label={t('progress', { title: video.title })}
          value={video.progress}
        />
        {formats.percent(video.progress)}
      </div>
    </div>
  )
}
