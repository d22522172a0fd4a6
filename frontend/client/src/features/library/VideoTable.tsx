import type { Video } from '@keyreel/api'
import { Card, Checkbox, type Column, DataTable, type MenuEntry } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { aspectOf, linesOf } from '@/app/video/format'
import { Poster } from '@/app/video/Poster'
import { ReviewBadge, StatusBadge } from '@/app/video/status'
import { VideoLink } from '@/app/video/VideoLink'
import { useFormats } from '@/i18n/format'
import { DaysLeft, Making } from './About'
import type { Selection } from './useSelection'
import { VideoMenu } from './VideoMenu'

export function VideoTable({
  rows,
  entriesOf,
  selection,
  trash,
}: {
  rows: readonly Video[]
  entriesOf: (video: Video) => MenuEntry[]
  selection: Selection
  trash: boolean
}) {
  const { t } = useTranslation(['library', 'common'])
  const formats = useFormats()
  const columns: (Column<Video> | false)[] = [
    {
      id: 'title',
      header: t('column.title'),
      primary: true,
      className: 'sm:w-full sm:max-w-0',
      cell: (video) => (
        <span className="flex min-w-0 flex-1 items-center gap-3">
          <Checkbox
            hideLabel
            checked={selection.has(video.id)}
            onChange={() => {
              selection.toggle(video.id)
            }}
            label={t('select', { title: video.title })}
          />
          <Poster video={video} className="w-20 shrink-0 rounded-sm" />
          <span className="min-w-0 flex-1">
            <VideoLink
              video={video}
              className="line-clamp-2 rounded-sm font-medium hover:underline sm:block sm:truncate"
            />
            <Making video={video} className="mt-1 max-w-48" />
          </span>
          <span className="-my-2 -mr-3 sm:hidden">
            <VideoMenu video={video} entries={entriesOf(video)} />
          </span>
        </span>
      ),
    },
    trash && {
      id: 'left',
      header: t('column.left'),
      cell: (video) => (video.purge_at === null ? null : <DaysLeft until={video.purge_at} />),
    },
    !trash && {
      id: 'status',
      header: t('column.status'),
      cell: (video) => <StatusBadge status={video.status} />,
    },
    !trash && {
      id: 'review',
      header: t('column.review'),
      className: 'max-lg:hidden',
      cell: (video) => (video.status === 'ready' ? <ReviewBadge review={video.review} /> : '–'),
    },
    {
      id: 'seconds',
      header: t('column.seconds'),
      numeric: true,
      cell: (video) => (video.seconds === null ? '–' : formats.duration(video.seconds)),
    },
    {
      id: 'format',
      header: t('column.format'),
      className: 'whitespace-nowrap max-lg:hidden',
      cell: (video) =>
        [aspectOf(video.width, video.height), linesOf(video.width, video.height)].filter(Boolean).join(' · '),
    },
    {
      id: 'bytes',
      header: t('column.bytes'),
      numeric: true,
      className: 'whitespace-nowrap max-xl:hidden',
      cell: (video) => (video.bytes === null ? '–' : formats.bytes(video.bytes)),
    },
    {
      id: 'created',
      header: t('column.created'),
      className: 'whitespace-nowrap',
      cell: (video) => formats.date(video.created_at),
    },
    {
      id: 'menu',
      header: t('common:act.options'),
      actions: true,
      className: 'max-sm:hidden',
      cell: (video) => <VideoMenu video={video} entries={entriesOf(video)} />,
    },
  ]
  return (
    <Card>
      <DataTable
        label={trash ? t('trash.title') : t('title')}
        columns={columns.filter((column) => column !== false)}
        rows={rows}
        rowKey={(video) => video.id}
        className="max-sm:[&_tr:first-child]:border-t-0"
      />
    </Card>
  )
}
