import type { Video } from '@keyreel/api'
import { Button, IconButton } from '@keyreel/ui'
import { ArchiveRestore, CircleCheck, CircleX, Trash2, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useMay } from '@/app/useSession'
import type { useBulk } from './useBulk'
import type { Selection } from './useSelection'

/** What can be done with everything that is selected; floats at the foot of the list. */
export function SelectionBar({
  selection,
  trash,
  bulk,
  onPurge,
}: {
  selection: Selection
  trash: boolean
  bulk: ReturnType<typeof useBulk>
  onPurge: (videos: Video[]) => void
}) {
  const { t } = useTranslation('library')
  const mayWrite = useMay('videos:write')
  const mayReview = useMay('videos:review')
  const count = selection.videos.length
  if (count === 0) return null
  function act(action: Parameters<typeof bulk.mutate>[0]['action']) {
    return () => {
      bulk.mutate({ action, ids: selection.videos.map((video) => video.id) })
      selection.clear()
    }
  }
  return (
    <div
      role="toolbar"
      aria-label={t('selection.label')}
      className="sticky bottom-20 z-20 mx-auto mt-4 flex w-fit max-w-full animate-rise-in flex-wrap items-center justify-center gap-1 rounded-xl border border-line bg-raised p-1.5 shadow-lg md:bottom-6"
    >
      <span className="px-2 font-medium figures" role="status">
        {t('selection.count', { count })}
      </span>
      <Button variant="ghost" size="sm" onClick={selection.all}>
        {t('selection.all')}
      </Button>
      {mayReview && !trash ? (
        <>
          <Button variant="ghost" size="sm" icon={<CircleCheck />} onClick={act('validate')}>
            {t('act.validate')}
          </Button>
          <Button variant="ghost" size="sm" icon={<CircleX />} onClick={act('reject')}>
            {t('act.reject')}
          </Button>
        </>
      ) : null}
      {mayWrite && trash ? (
        <>
          <Button variant="ghost" size="sm" icon={<ArchiveRestore />} onClick={act('restore')}>
            {t('act.restore')}
          </Button>
          <Button
            variant="ghost"
            size="sm"
            icon={<Trash2 />}
            className="text-danger-text hover:bg-danger-soft hover:text-danger-text"
            onClick={() => {
              onPurge(selection.videos)
            }}
          >
            {t('act.purge')}
          </Button>
        </>
      ) : null}
      {mayWrite && !trash ? (
        <Button
          variant="ghost"
          size="sm"
          icon={<Trash2 />}
          className="text-danger-text hover:bg-danger-soft hover:text-danger-text"
          onClick={act('trash')}
        >
          {t('act.trash')}
        </Button>
      ) : null}
      <IconButton label={t('selection.clear')} size="icon-sm" onClick={selection.clear}>
        <X />
      </IconButton>
    </div>
  )
}
