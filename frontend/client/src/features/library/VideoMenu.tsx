import type { Video } from '@keyreel/api'
import { IconButton, Menu, type MenuEntry } from '@keyreel/ui'
import { EllipsisVertical } from 'lucide-react'
import { useTranslation } from 'react-i18next'

/** What can be done with a video; nothing for those who may do nothing. */
export function VideoMenu({ video, entries }: { video: Video; entries: MenuEntry[] }) {
  const { t } = useTranslation('library')
  if (entries.length === 0) return null
  return (
    <Menu
      trigger={
        <IconButton label={t('menu', { title: video.title })} size="icon-sm">
          <EllipsisVertical />
        </IconButton>
      }
      entries={entries}
    />
  )
}
