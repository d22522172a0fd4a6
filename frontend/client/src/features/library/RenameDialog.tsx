import { keys, type Video, videos } from '@keyreel/api'
import { Button, Dialog, Field, Input } from '@keyreel/ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'

export function RenameDialog({ video, onClose }: { video: Video; onClose: () => void }) {
  const { t } = useTranslation(['library', 'common'])
  const [title, setTitle] = useState(video.title)
  const rename = useAct((wanted: string) => videos.change(video.id, { title: wanted }), {
    refreshes: [keys.videos.all],
    quiet: true,
    onDone: onClose,
  })
  const wanted = title.trim()
  return (
    <Dialog
      size="sm"
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={t('rename.title')}
      footer={
        <>
          <Button onClick={onClose}>{t('common:act.cancel')}</Button>
          <Button
            type="submit"
            form="rename"
            variant="primary"
            pending={rename.isPending}
            disabled={wanted === ''}
          >
            {t('rename.submit')}
          </Button>
        </>
      }
    >
      <form
        id="rename"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (wanted === video.title) onClose()
          else rename.mutate(wanted)
        }}
      >
        <ProblemCallout error={rename.error} />
        <Field label={t('rename.label')}>
          <Input
            autoFocus
            maxLength={200}
            value={title}
            onFocus={(event) => {
              event.target.select()
            }}
            onChange={(event) => {
              setTitle(event.target.value)
            }}
          />
        </Field>
      </form>
    </Dialog>
  )
}
