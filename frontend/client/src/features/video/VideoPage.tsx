import { asApiError, storyboards, type Video, videos } from '@keyreel/api'
import { Button, EmptyState, Loading, Section, Skeleton } from '@keyreel/ui'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft, VideoOff } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'
import { ProblemState } from '@/app/problems'
import { StatusBadge } from '@/app/video/status'
import { Actions } from './Actions'
import { Details } from './Details'
import { LastRender } from './redrawn'
import { Renewal, useRan } from './Renewal'
import { Reviewing } from './Reviewing'
import { languageOf } from './scenes/document'
import { Scenes } from './scenes/Scenes'
import { ShareDialog } from './ShareDialog'
import { Stage } from './Stage'
import { Title } from './Title'
import { TrashNotice } from './TrashNotice'
import { Versions } from './Versions'

const route = getRouteApi('/studio/videos/$videoId')

/** One video: its film, its words, its versions, and everything that can be done with it. */
export function VideoPage() {
  const { t } = useTranslation('video')
  const { videoId } = route.useParams()
  const video = useQuery(videos.detail(videoId))
  if (video.isPending) return <VideoSkeleton />
  if (video.data) return <Loaded key={videoId} video={video.data} refresh={() => video.refetch()} />
  return (
    <Page title={t('title')}>
      {asApiError(video.error).code === 'not_found' ? (
        <EmptyState
          icon={<VideoOff />}
          title={t('gone.title')}
          detail={t('gone.detail')}
          action={
            <Button asChild>
              <Link to="/library">{t('toLibrary')}</Link>
            </Button>
          }
        />
      ) : (
        <ProblemState error={video.error} onRetry={() => void video.refetch()} />
      )}
    </Page>
  )
}

function Loaded({ video, refresh }: { video: Video; refresh: () => Promise<unknown> }) {
  const { t } = useTranslation('video')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const films = useInfiniteQuery(videos.films(video.id))
  const storyboard = useQuery(storyboards.detail(video.id))
  const older = films.data?.find((film) => film.id === search.film)
  const watching = older ?? films.data?.find((film) => film.shown)
  const trashed = video.trashed_at !== null
  const ran = useRan(video)
  function share(open: boolean) {
    void navigate({ search: (before) => ({ ...before, share: open || undefined }), replace: true })
  }
  return (
    <Page
      title={video.title}
      heading={
        <div className="flex flex-col items-start gap-2">
          <Link
            to="/library"
            search={trashed ? { trash: true } : {}}
            className="inline-flex items-center gap-1.5 rounded-sm text-ink-muted hover:text-ink"
          >
            <ArrowLeft className="size-4" aria-hidden />
            {trashed ? t('toTrash') : t('toLibrary')}
          </Link>
          <div className="flex w-full flex-wrap items-center gap-x-3 gap-y-2">
            <Title video={video} />
            <StatusBadge status={video.status} />
          </div>
        </div>
      }
      actions={
        trashed ? null : (
          <Actions
            video={video}
            shown={older ?? video}
            onShare={() => {
              share(true)
            }}
          />
        )
      }
    >
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="flex min-w-0 flex-col gap-6">
          <TrashNotice video={video} />
          <Stage
            video={video}
            film={older}
            language={storyboard.data && languageOf(storyboard.data.document)}
            onStale={() => Promise.all([refresh(), films.refetch()])}
          />
          {ran || older ? null : <LastRender video={video} />}
          <Scenes video={video} />
          {trashed ? null : <Renewal video={video} ran={ran} />}
        </div>
        <aside aria-label={t('details.title')} className="flex min-w-0 flex-col gap-6">
          {video.film_version === null ? null : (
            <Section title={t('review')}>
              <Reviewing video={video} />
            </Section>
          )}
          <Section title={t('details.title')}>
            <Details video={video} film={watching} />
          </Section>
          {video.film_version === null ? null : (
            <Versions video={video} films={films} watching={watching?.id} />
          )}
        </aside>
      </div>
      {search.share && !trashed && video.file_url !== null ? (
        <ShareDialog
          video={video}
          onClose={() => {
            share(false)
          }}
        />
      ) : null}
    </Page>
  )
}

function VideoSkeleton() {
  return (
    <Loading className="mx-auto w-full max-w-6xl px-4 pt-6 sm:px-8 sm:pt-10">
      <Skeleton className="h-4 w-24" />
      <Skeleton className="mt-3 mb-8 h-8 w-80 max-w-full" />
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <Skeleton className="aspect-video w-full rounded-lg" />
        <Skeleton className="h-64 w-full rounded-lg" />
      </div>
    </Loading>
  )
}
