import type { Film, Video } from '@keyreel/api'
import { Button, Callout, cx } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { CircleAlert, FilePenLine } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { failureSentence } from '@/app/problems'
import { isWorking } from '@/app/video/status'
import { Player } from './player/Player'
import { RenderButton } from './RenderButton'
import { RunProgress, ToRun } from './RunProgress'

/** The film, or what stands in for it while there is none; how its first run goes. */
export function Stage({
  video,
  film,
  language,
  onStale,
}: {
  video: Video
  /** An older film to play instead of the newest. */
  film: Film | undefined
  language: string | undefined
  onStale: () => Promise<unknown>
}) {
  const { t } = useTranslation('video')
  const shown = film ?? video
  if (shown.file_url === null)
    return shown.missing ? (
      <Frame icon={<CircleAlert />} title={t('missing.title')} detail={t('missing.detail')} />
    ) : (
      <NoFilm video={video} />
    )
  return (
    <div className="flex flex-col gap-3">
      {film && !film.shown ? (
        <Callout
          title={t('older', { version: film.version })}
          action={
            <Button asChild size="sm">
              <Link to="/videos/$videoId" params={{ videoId: video.id }} search={{}}>
                {t('toNewest')}
              </Link>
            </Button>
          }
        />
      ) : null}
      <Player
        film={{
          ...shown,
          id: film?.id ?? `${video.id} ${String(video.film_version)}`,
          file_url: shown.file_url,
        }}
        title={video.title}
        language={language}
        onStale={onStale}
      />
    </div>
  )
}

function NoFilm({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  if (isWorking(video.status))
    return (
      <Frame>
        <div className="w-full max-w-sm">
          <RunProgress video={video} />
        </div>
      </Frame>
    )
  if (video.status === 'failed')
    return (
      <Frame
        danger
        icon={<CircleAlert />}
        title={t('failed.title')}
        detail={video.failure ? failureSentence(video.failure) : null}
        action={
          <>
            <ToRun video={video} />
            <RenderButton video={video}>{t('render.again')}</RenderButton>
          </>
        }
      />
    )
  return (
    <Frame
      icon={<FilePenLine />}
      title={video.status === 'cancelled' ? t('cancelled.title') : t('draft.title')}
      detail={t('draft.detail')}
      action={<RenderButton video={video}>{t('render.first')}</RenderButton>}
    />
  )
}

function Frame({
  icon,
  title,
  detail,
  action,
  danger = false,
  children,
}: {
  icon?: ReactNode
  title?: ReactNode
  detail?: ReactNode
  action?: ReactNode
  danger?: boolean
  children?: ReactNode
}) {
  return (
    <div className="flex aspect-video max-h-[68dvh] w-full flex-col items-center justify-center rounded-lg border border-line bg-sunken px-5 py-6 text-center max-sm:min-h-64">
      {icon ? (
        <span
          aria-hidden
          className={cx('mb-3 [&_svg]:size-6', danger ? 'text-danger-text' : 'text-ink-muted')}
        >
          {icon}
        </span>
      ) : null}
      {title ? <p className="text-base font-semibold">{title}</p> : null}
      {detail ? <p className="mt-1 max-w-md text-ink-muted">{detail}</p> : null}
      {action ? <div className="mt-5 flex flex-wrap items-center justify-center gap-4">{action}</div> : null}
      {children}
    </div>
  )
}
