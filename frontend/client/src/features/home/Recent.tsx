import type { Video } from '@keyreel/api'
import { Card, EmptyState } from '@keyreel/ui'
import { Film } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Length } from '@/app/video/Length'
import { Poster } from '@/app/video/Poster'
import { ReviewBadge } from '@/app/video/status'
import { VideoLink } from '@/app/video/VideoLink'
import { useFormats } from '@/i18n/format'
import { Heading } from './Heading'

/** Films on this page; the library has all. */
const SHOWN = 6

/** The newest films, to be watched again. */
export function Recent({ videos }: { videos: readonly Video[] }) {
  const { t } = useTranslation('home')
  return (
    <section aria-labelledby="recent">
      <Heading id="recent" {...(videos.length > 0 ? { to: '/library', more: t('recent.all') } : {})}>
        {t('recent.title')}
      </Heading>
      {videos.length === 0 ? (
        <Card>
          <EmptyState
            className="py-10"
            icon={<Film />}
            title={t('recent.empty')}
            detail={t('recent.emptyDetail')}
          />
        </Card>
      ) : (
        <ul className="grid gap-x-4 gap-y-6 sm:grid-cols-2 xl:grid-cols-3">
          {videos.slice(0, SHOWN).map((video) => (
            <VideoCard key={video.id} video={video} />
          ))}
        </ul>
      )}
    </section>
  )
}

function VideoCard({ video }: { video: Video }) {
  const formats = useFormats()
  return (
    <li className="group relative min-w-0 rounded-lg has-focus-visible:outline-2 has-focus-visible:outline-offset-4 has-focus-visible:outline-focus">
      <div className="relative overflow-hidden rounded-lg border border-line shadow-xs transition-shadow group-hover:shadow-md">
        <Poster video={video} className="transition-transform duration-slow group-hover:scale-[1.02]" />
        <Length seconds={video.seconds} />
      </div>
      <p className="mt-2.5 truncate font-medium">
        <VideoLink video={video} className="outline-none after:absolute after:inset-0" />
      </p>
      <div className="mt-0.5 flex items-center gap-2 text-xs text-ink-muted">
        <span>{formats.relative(video.updated_at)}</span>
        {video.review === 'pending' ? null : <ReviewBadge review={video.review} />}
      </div>
    </li>
  )
}
