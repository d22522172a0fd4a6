import type { Film, Video } from '@keyreel/api'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { aspectOf } from '@/app/video/format'
import { useFormats } from '@/i18n/format'

/** Facts about the film that is shown. */
export function Details({ video, film }: { video: Video; film: Film | undefined }) {
  const { t } = useTranslation('video')
  const formats = useFormats()
  const { width, height } = film ?? video
  const pixels = `${String(width)} × ${String(height)}`
  const rows: [string, ReactNode][] = [
    [t('details.format'), [aspectOf(width, height), pixels].filter(Boolean).join(' · ')],
  ]
  if (film) rows.unshift([t('details.length'), formats.duration(film.seconds)])
  if (film)
    rows.push(
      [t('details.rate'), t('details.frames', { count: film.fps })],
      [t('details.size'), formats.bytes(film.bytes)],
      [t('details.where'), t('details.studio')],
      [t('details.made'), formats.dateTime(film.created_at)],
    )
  else rows.push([t('details.created'), formats.dateTime(video.created_at)])
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-muted">{name}</dt>
          <dd className="text-right figures">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
