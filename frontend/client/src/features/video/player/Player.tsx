import { Button, Callout } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { useSteadySource } from '@/app/video/useSteadySource'
import { usePlayerKeys } from './usePlayerKeys'

export interface PlayableFilm {
  id: string
  file_url: string
  poster_url: string | null
  vtt_url: string | null
  width: number
  height: number
}

/** The film with the browser's own controls: it seeks by ranges, so nothing is loaded that is not watched. */
export function Player({
  film,
  title,
  language,
  onStale,
}: {
  film: PlayableFilm
  title: string
  language: string | undefined
  /** Asks for new addresses. */
  onStale: () => Promise<unknown>
}) {
  const { t } = useTranslation(['video', 'common'])
  const player = usePlayerKeys()
  const source = useSteadySource(film.id, film.file_url, onStale)
  return (
    <div className="overflow-hidden rounded-lg bg-black shadow-sm max-sm:-mx-4 max-sm:rounded-none">
      <video
        ref={player}
        key={film.id}
        controls
        playsInline
        preload="metadata"
        src={source.src}
        poster={film.poster_url ?? undefined}
        width={film.width}
        height={film.height}
        aria-label={title}
        onError={source.onError}
        onLoadedMetadata={source.onLoadedMetadata}
        className="mx-auto max-h-[68dvh] w-full object-contain"
        style={{ aspectRatio: `${String(film.width)} / ${String(film.height)}` }}
      >
        {film.vtt_url ? (
          <track kind="captions" src={film.vtt_url} srcLang={language} label={t('captions')} />
        ) : null}
      </video>
      {source.broken ? (
        <Callout
          tone="danger"
          title={t('broken.title')}
          className="rounded-none"
          action={
            <Button
              size="sm"
              onClick={() => {
                player.current?.load()
              }}
            >
              {t('common:act.retry')}
            </Button>
          }
        >
          {t('broken.detail')}
        </Callout>
      ) : null}
    </div>
  )
}
