import { asApiError, shared, type SharedVideo } from '@keyreel/api'
import { Button, EmptyState, Loading, Logo, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Link2Off } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { LanguageSwitch } from '@/app/LanguageSwitch'
import { ProblemState } from '@/app/problems'
import { useSteadySource } from '@/app/video/useSteadySource'
import { useFormats } from '@/i18n/format'

const route = getRouteApi('/s/$token')

/** A video for whoever has the link: the film, its title, nothing else. */
export function SharedVideoPage() {
  const { t } = useTranslation('share')
  const { token } = route.useParams()
  const video = useQuery({ ...shared.video(token), refetchOnWindowFocus: false })
  return (
    <div className="flex min-h-dvh flex-col">
      <title>{`${video.data?.title ?? t('title')} · Keyreel`}</title>
      <header className="flex items-center justify-between px-5 py-4 sm:px-8">
        <Link to="/" aria-label="Keyreel" className="rounded-md">
          <Logo />
        </Link>
        <LanguageSwitch />
      </header>
      <main className="mx-auto flex w-full max-w-5xl flex-1 flex-col justify-center pb-12 sm:px-8">
        {video.isPending ? (
          <Loading>
            <Skeleton className="aspect-video w-full rounded-none sm:rounded-lg" />
            <Skeleton className="mx-5 mt-5 h-7 w-64 sm:mx-0" />
          </Loading>
        ) : video.isError ? (
          asApiError(video.error).code === 'not_found' ? (
            <EmptyState
              icon={<Link2Off />}
              title={t('gone')}
              detail={t('goneDetail')}
              action={
                <Button asChild>
                  <Link to="/">{t('toKeyreel')}</Link>
                </Button>
              }
            />
          ) : (
            <ProblemState error={video.error} onRetry={() => void video.refetch()} />
          )
        ) : (
          <Film video={video.data} refresh={() => video.refetch()} />
        )}
      </main>
    </div>
  )
}

function Film({ video, refresh }: { video: SharedVideo; refresh: () => Promise<unknown> }) {
  const { t } = useTranslation('share')
  const formats = useFormats()
  // The address of the file ends before the link does: a page left open overnight still plays.
  const source = useSteadySource(video.title, video.file_url, refresh)
  return (
    <>
      <div className="flex justify-center overflow-hidden bg-black sm:rounded-lg sm:shadow-lg">
        <video
          controls
          playsInline
          preload="metadata"
          poster={video.poster_url}
          src={source.src}
          onError={source.onError}
          onLoadedMetadata={source.onLoadedMetadata}
          width={video.width}
          height={video.height}
          aria-label={video.title}
          className="max-h-[76dvh] w-full object-contain"
          style={{ aspectRatio: `${String(video.width)} / ${String(video.height)}` }}
        >
          {video.vtt_url ? <track kind="captions" src={video.vtt_url} label={t('captions')} /> : null}
        </video>
      </div>
      <div className="px-5 pt-5 sm:px-0">
        <h1 className="text-lg font-semibold">{video.title}</h1>
        <p className="mt-1 text-ink-muted figures">
          {t('about', {
            duration: formats.duration(video.seconds),
            until: formats.dateTime(video.expires_at),
          })}
        </p>
      </div>
    </>
  )
}
