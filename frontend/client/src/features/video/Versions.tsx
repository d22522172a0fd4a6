import type { Film, Video } from '@keyreel/api'
import { Badge, cx, Section } from '@keyreel/ui'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { Poster } from '@/app/video/Poster'
import { useFormats } from '@/i18n/format'
import { useRedrawn, useRuns } from './redrawn'

/** Every film made of the video; each can be watched. */
export function Versions({
  video,
  films,
  watching,
}: {
  video: Video
  films: UseInfiniteQueryResult<Film[]>
  watching: string | undefined
}) {
  const { t } = useTranslation('video')
  const formats = useFormats()
  const run = useRuns(video.id)
  const redrawn = useRedrawn()
  return (
    <Section title={t('versions.title')} detail={t('versions.detail')}>
      <div className="-mx-5 -mb-5 border-t border-line">
        <Listing query={films} empty={<p className="px-5 py-4 text-ink-muted">{t('versions.none')}</p>}>
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((film) => {
                const isShown = film.id === watching
                return (
                  <li
                    key={film.id}
                    className={cx(
                      'relative flex items-center gap-3 px-5 py-3 transition-colors hover:bg-hover/60',
                      isShown && 'bg-accent-soft/60',
                    )}
                  >
                    <Poster video={film} className="w-20 shrink-0 rounded-sm" />
                    <div className="min-w-0 flex-1">
                      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                        <Link
                          to="/videos/$videoId"
                          params={{ videoId: video.id }}
                          search={film.shown ? {} : { film: film.id }}
                          aria-current={isShown ? 'true' : undefined}
                          className="font-medium after:absolute after:inset-0"
                        >
                          {t('versions.version', { version: film.version })}
                        </Link>
                        {film.shown ? <Badge>{t('versions.newest')}</Badge> : null}
                      </p>
                      <p className="text-xs text-ink-muted figures">
                        {[
                          formats.duration(film.seconds),
                          formats.bytes(film.bytes),
                          formats.relative(film.created_at),
                        ].join(' · ')}
                      </p>
                      {redrawn(run(film.id)) ? (
                        <p className="text-xs text-ink-muted">{redrawn(run(film.id))}</p>
                      ) : null}
                    </div>
                  </li>
                )
              })}
            </ul>
          )}
        </Listing>
      </div>
    </Section>
  )
}
