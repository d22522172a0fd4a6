import type { Video } from '@keyreel/api'
import { Button, ProgressBar } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'

/** How far the newest run is, live. */
export function RunProgress({ video }: { video: Video }) {
  const { t } = useTranslation(['video', 'common'])
  const formats = useFormats()
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-baseline justify-between gap-3">
        <span className="font-medium" role="status">
          {t(`common:video.status.${video.status}`)}
        </span>
        <span className="text-ink-muted figures">{formats.percent(video.progress)}</span>
      </div>
      <ProgressBar value={video.progress} label={t('progress')} />
      <div className="flex justify-end">
        <ToRun video={video} />
      </div>
    </div>
  )
}

/** The way to everything that is known of the newest run. */
export function ToRun({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  if (video.job_id === null) return null
  return (
    <Button asChild variant="link">
      <Link to="/jobs/$jobId" params={{ jobId: video.job_id }}>
        {t('toRun')}
      </Link>
    </Button>
  )
}
