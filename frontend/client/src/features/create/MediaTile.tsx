import { Badge, IconButton, ProgressBar, Spinner } from '@keyreel/ui'
import { ArrowLeft, ArrowRight, CircleAlert, Clapperboard, ImageOff, RotateCw, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { sentenceOf } from '@/app/problems'
import { useFormats } from '@/i18n/format'
import { refusalOf } from './refusal'
import type { Tile } from './useTray'

/** One picture or clip: its face, its place in the video, how far it is, and what can be done about it. */
export function MediaTile({
  tile,
  place,
  last,
  onRetry,
  onRemove,
  onMove,
}: {
  tile: Tile
  place: number
  last: boolean
  onRetry: () => void
  onRemove: () => void
  onMove: (by: -1 | 1) => void
}) {
  const { t } = useTranslation(['create', 'common'])
  const name = tile.name || tile.asset?.filename || t('media.file')
  const bad = tile.state === 'failed' || tile.state === 'refused'
  return (
    <li className="flex min-w-0 flex-col gap-1.5">
      <div className="relative aspect-4/3 overflow-hidden rounded-md border border-line bg-sunken">
        <Face tile={tile} />
        {bad ? null : (
          <span className="absolute top-1.5 left-1.5 flex size-6 items-center justify-center rounded-full bg-raised text-xs font-semibold figures shadow-sm">
            <span className="sr-only">{t('media.place')} </span>
            {place}
          </span>
        )}
        <IconButton
          label={t('media.remove', { name })}
          size="icon-sm"
          variant="secondary"
          className="absolute top-1 right-1 rounded-full"
          onClick={onRemove}
        >
          <X />
        </IconButton>
        {bad ? null : (
          <div className="absolute right-1 bottom-1 flex gap-1">
            {place > 1 ? (
              <IconButton
                label={t('media.earlier', { name })}
                size="icon-sm"
                variant="secondary"
                className="rounded-full"
                onClick={() => {
                  onMove(-1)
                }}
              >
                <ArrowLeft />
              </IconButton>
            ) : null}
            {last ? null : (
              <IconButton
                label={t('media.later', { name })}
                size="icon-sm"
                variant="secondary"
                className="rounded-full"
                onClick={() => {
                  onMove(1)
                }}
              >
                <ArrowRight />
              </IconButton>
            )}
          </div>
        )}
      </div>
      <p className="truncate text-xs font-medium" title={name}>
        {name}
      </p>
      <State tile={tile} name={name} onRetry={onRetry} />
    </li>
  )
}

function Face({ tile }: { tile: Tile }) {
  const bad = tile.state === 'failed' || tile.state === 'refused'
  // A file that was refused may be no picture at all.
  const picture = tile.asset?.thumbnail_url ?? (bad ? null : tile.preview)
  if (picture !== null) return <img src={picture} alt="" className="size-full object-cover" />
  return (
    <span className="flex size-full items-center justify-center text-ink-faint" aria-hidden>
      {bad ? <ImageOff className="size-6" /> : <Clapperboard className="size-6" />}
    </span>
  )
}

function Line({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p className="flex items-start gap-1.5 text-xs text-ink-muted [&_svg]:mt-px [&_svg]:size-3.5 [&_svg]:shrink-0">
      {icon}
      <span className="min-w-0">{children}</span>
    </p>
  )
}

function State({ tile, name, onRetry }: { tile: Tile; name: string; onRetry: () => void }) {
  const { t } = useTranslation(['create', 'common'])
  const formats = useFormats()
  switch (tile.state) {
    case 'ready':
      return tile.asset?.seconds ? (
        <Line icon={<Clapperboard />}>{formats.duration(tile.asset.seconds)}</Line>
      ) : null
    case 'checking':
      return <Line icon={<Spinner />}>{t('media.checking')}</Line>
    case 'waiting':
      return <Line icon={<Spinner />}>{t('media.waiting')}</Line>
    case 'sending':
    case 'offline': {
      const { sentBytes, totalBytes } = tile.progress ?? { sentBytes: 0, totalBytes: 1 }
      return (
        <>
          <ProgressBar value={sentBytes / totalBytes} label={t('media.sending', { name })} />
          <p className="text-xs text-ink-muted figures">
            {tile.state === 'offline'
              ? t('media.offline')
              : t('media.sent', { sent: formats.bytes(sentBytes), total: formats.bytes(totalBytes) })}
          </p>
        </>
      )
    }
    case 'refused':
    case 'failed': {
      const why =
        tile.failure !== null
          ? sentenceOf(tile.failure).title
          : refusalOf(tile.asset, { gone: t('media.gone'), sound: t('media.sound') })
      return (
        <>
          <Badge tone="danger" icon={<CircleAlert />} className="self-start">
            {tile.state === 'refused' ? t('media.refused') : t('media.failed')}
          </Badge>
          <p className="text-xs text-ink-muted">{why}</p>
          {tile.failure?.retryable ? (
            <button
              type="button"
              onClick={onRetry}
              className="inline-flex tap items-center gap-1 self-start rounded-sm text-xs font-medium text-accent-text hover:underline"
            >
              <RotateCw className="size-3.5" aria-hidden />
              {t('common:act.retry')}
            </button>
          ) : null}
        </>
      )
    }
  }
}
