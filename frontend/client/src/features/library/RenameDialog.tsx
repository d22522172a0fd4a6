import { keys, type Video, videos } from '@keyreel/api'
import { TextField } from '@keyreel/ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { useAct } from '@/app/useAct'

export function RenameDialog({ video, onClose }: { video: Video; onClose: () => void }) {
  const { t } = useTranslation('library')
  const [title, setTitle] = useState(video.title)
  const wanted = title.trim()
  const rename = useAct(() => videos.change(video.id, { title: wanted }), {
    refreshes: [keys.videos.all],
    quiet: true,
    onDone: onClose,
  })
  return (
    <FormDialog
      size="sm"
      open
      onOpenChange={onClose}
      title={t('rename.title')}
      submit={t('rename.submit')}
      ready={wanted !== ''}
      pending={rename.isPending}
      error={rename.error}
      onSubmit={() => {
        if (wanted === video.title) onClose()
        else rename.mutate()
      }}
      cancel
    >
      <TextField
        label={t('rename.label')}
        autoFocus
        maxLength={200}
        value={title}
        onFocus={(event) => {
          event.target.select()
        }}
        onValue={setTitle}
      />
    </FormDialog>
  )
}
