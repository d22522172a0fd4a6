import { keys, type Video, videos } from '@keyreel/api'
import { Button, Callout, ConfirmDialog } from '@keyreel/ui'
import { useNavigate } from '@tanstack/react-router'
import { ArchiveRestore } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'
import { useFormats } from '@/i18n/format'

/** The video lies in the trash: until when, and the two ways out. */
export function TrashNotice({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  const formats = useFormats()
  const navigate = useNavigate()
  const mayWrite = useMay('videos:write')
  const restore = useAct(videos.restore, { done: t('trash.restored'), refreshes: [keys.videos.all] })
  const purge = useAct(
    async (id: string) => {
      await videos.purge(id)
      // Gone before the page asks for it again.
      await navigate({ to: '/library', search: { trash: true } })
    },
    { done: t('trash.purged'), refreshes: [keys.videos.lists] },
  )
  if (video.purge_at === null) return null
  return (
    <Callout
      tone="warning"
      title={t('trash.here')}
      action={
        mayWrite ? (
          <div className="flex flex-wrap justify-end gap-2">
            <Button
              size="sm"
              icon={<ArchiveRestore />}
              pending={restore.isPending}
              onClick={() => {
                restore.mutate(video.id)
              }}
            >
              {t('trash.restore')}
            </Button>
            <ConfirmDialog
              trigger={
                <Button size="sm" variant="danger-quiet">
                  {t('trash.purge')}
                </Button>
              }
              title={t('trash.question', { title: video.title })}
              description={t('trash.warning')}
              action={t('trash.purge')}
              onConfirm={() => purge.mutateAsync(video.id)}
            />
          </div>
        ) : null
      }
    >
      {t('trash.until', { date: formats.date(video.purge_at) })}
    </Callout>
  )
}
