import type { Video } from '@keyreel/api'
import { Checkbox, ContextMenu, cx, type MenuEntry } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { aspectOf, linesOf } from '@/app/video/format'
import { Length } from '@/app/video/Length'
import { Poster } from '@/app/video/Poster'
import { VideoLink } from '@/app/video/VideoLink'
import { useFormats } from '@/i18n/format'
import { Making, Standing } from './About'
import { VideoMenu } from './VideoMenu'

/** One video of the grid: the whole card opens it; its tick box and menu lie above that. */
export function VideoCard({
  video,
  entries,
  selected,
  selecting,
  onToggle,
}: {
  video: Video
  entries: MenuEntry[]
  selected: boolean
  /** Something is selected, so every tick box shows. */
  selecting: boolean
  onToggle: () => void
}) {
  const { t } = useTranslation('library')
  const formats = useFormats()
  const aspect = aspectOf(video.width, video.height)
  const card = (
    <article
      className={cx(
        'group relative flex h-full flex-col overflow-hidden rounded-lg border bg-surface shadow-xs transition-[border-color,box-shadow] focus-within:border-line-strong hover:border-line-strong hover:shadow-sm',
        selected ? 'border-accent ring-1 ring-accent' : 'border-line',
      )}
    >
      <div className="relative">
        <Poster video={video} className={video.trashed_at === null ? undefined : 'opacity-60'} />
        <Length seconds={video.seconds} />
      </div>
      <div className="flex flex-1 flex-col gap-2 p-3">
        <div className="flex items-start gap-1">
          <h2 className="min-w-0 flex-1 font-medium">
            <VideoLink
              video={video}
              className="line-clamp-2 rounded-sm after:absolute after:inset-0 after:rounded-lg"
            />
          </h2>
          {entries.length > 0 ? (
            <div className="relative -my-1.5 -mr-2">
              <VideoMenu video={video} entries={entries} />
            </div>
          ) : null}
        </div>
        <p className="text-xs text-ink-muted figures">
          {[aspect, linesOf(video.width, video.height), formats.relative(video.created_at)]
            .filter(Boolean)
            .join(' · ')}
        </p>
        <div className="mt-auto flex flex-wrap items-center gap-2 pt-1">
          <Standing video={video} />
          <Making video={video} className="min-w-24 flex-1" />
        </div>
      </div>
      <div
        className={cx(
          'absolute top-2 left-2 rounded-md bg-raised/90 p-1.5 shadow-sm backdrop-blur transition-opacity pointer-coarse:p-0',
          !selecting &&
            'opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100',
        )}
      >
        <Checkbox
          hideLabel
          className="[&>span]:m-0!"
          checked={selected}
          onChange={onToggle}
          label={t('select', { title: video.title })}
        />
      </div>
    </article>
  )
  return entries.length > 0 ? <ContextMenu entries={entries}>{card}</ContextMenu> : card
}
