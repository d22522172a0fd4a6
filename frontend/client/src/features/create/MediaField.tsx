import { assets } from '@keyreel/api'
import { Button, cx, Section } from '@keyreel/ui'
import { ImagePlus } from 'lucide-react'
import { type DragEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { accepted, type MediaTray } from './mediaTray'
import { MediaTile } from './MediaTile'
import type { Tile } from './useTray'

function bringsFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files')
}

/** Own photos and clips: dropped, chosen, watched on their way up. */
export function MediaField({ tray, tiles }: { tray: MediaTray; tiles: Tile[] }) {
  const { t } = useTranslation(['create', 'common'])
  const picker = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)

  function remove(tile: Tile) {
    const asset = tray.remove(tile.key)
    // Nobody waits for this: what stays behind is in the library of uploads and can be deleted there.
    if (asset !== null && tile.name !== '') void assets.remove(asset).catch(() => null)
  }

  return (
    <Section
      title={t('media.title')}
      detail={t('media.detail')}
      aside={<span className="text-xs text-ink-muted">{t('common:optional')}</span>}
    >
      <div
        onDragOver={(event) => {
          if (!bringsFiles(event)) return
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => {
          setOver(false)
        }}
        onDrop={(event) => {
          if (!bringsFiles(event)) return
          event.preventDefault()
          setOver(false)
          tray.add(event.dataTransfer.files)
        }}
        className={cx(
          'rounded-lg border border-dashed border-line-strong p-3 transition-colors',
          over && 'border-accent bg-accent-soft',
        )}
      >
        {tiles.length > 0 ? (
          <ul className="mb-3 grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4">
            {tiles.map((tile, index) => (
              <MediaTile
                key={tile.key}
                tile={tile}
                place={index + 1}
                last={index === tiles.length - 1}
                onRetry={() => {
                  tray.retry(tile.key)
                }}
                onRemove={() => {
                  remove(tile)
                }}
                onMove={(by) => {
                  tray.move(tile.key, by)
                }}
              />
            ))}
          </ul>
        ) : null}
        <div
          className={cx(
            'flex flex-wrap items-center justify-center gap-x-3 gap-y-2 text-center',
            tiles.length === 0 && 'min-h-28 flex-col',
          )}
        >
          <Button
            icon={<ImagePlus />}
            onClick={() => {
              picker.current?.click()
            }}
          >
            {t('media.choose')}
          </Button>
          <p className="text-xs text-ink-muted">{t('media.formats')}</p>
        </div>
        <input
          ref={picker}
          type="file"
          multiple
          accept={accepted}
          hidden
          onChange={(event) => {
            tray.add(event.target.files ?? [])
            event.target.value = ''
          }}
        />
      </div>
    </Section>
  )
}
