import { type JobDetail, type Video, videos } from '@keyreel/api'
import { Button, Card, Loading, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowRight, Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { useFormats } from '@/i18n/format'
import { MakeItBetter } from './MakeItBetter'

/** The film that came of it, to be watched at once. */
export function Result({ job }: { job: JobDetail }) {
  const video = useQuery(videos.detail(job.storyboard_id))
  // The library hears of the film an instant after the job does; its event brings the rest.
  if (video.isPending || (video.data !== undefined && video.data.file_url === null && !video.data.missing))
    return (
      <Loading>
        <Card className="overflow-hidden">
          <Skeleton className="aspect-video w-full rounded-none" />
          <Skeleton className="m-5 h-9 w-64" />
        </Card>
      </Loading>
    )
  if (video.isError && video.data === undefined)
    return (
      <Card>
        <ProblemState error={video.error} onRetry={() => void video.refetch()} />
      </Card>
    )
  return (
    <>
      <Film job={job} video={video.data} />
      <MakeItBetter />
    </>
  )
}

function Film({ job, video }: { job: JobDetail; video: Video }) {
  const { t } = useTranslation('progress')
  const formats = useFormats()
  const took =
    job.started_at && job.finished_at
      ? (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000
      : null
  const facts = [
    video.seconds === null ? null : formats.duration(video.seconds),
    `${String(video.width)} × ${String(video.height)}`,
    video.bytes === null ? null : formats.bytes(video.bytes),
    took === null ? null : t('ready.took', { duration: formats.duration(took) }),
  ]
  return (
    <Card className="overflow-hidden">
      {video.file_url ? (
        <div className="flex justify-center bg-black">
          <video
            controls
            playsInline
            preload="metadata"
            poster={video.poster_url ?? undefined}
            src={video.file_url}
            aria-label={video.title}
            className="max-h-[64dvh] w-full object-contain"
            style={{ aspectRatio: `${String(video.width)} / ${String(video.height)}` }}
          >
            {video.vtt_url ? <track kind="captions" src={video.vtt_url} label={t('ready.captions')} /> : null}
          </video>
        </div>
      ) : null}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-4 p-5">
        <p className="text-ink-muted figures">{facts.filter((fact) => fact !== null).join(' · ')}</p>
        <div className="flex flex-wrap gap-2 max-sm:w-full">
          {video.file_url ? (
            <Button asChild className="max-sm:flex-1">
              <a href={video.file_url} download={`${video.title}.mp4`}>
                <Download />
                {t('ready.download')}
              </a>
            </Button>
          ) : null}
          <Button asChild variant="primary" className="max-sm:flex-1">
            <Link to="/videos/$videoId" params={{ videoId: video.id }}>
              {t('ready.open')}
              <ArrowRight />
            </Link>
          </Button>
        </div>
      </div>
    </Card>
  )
}
