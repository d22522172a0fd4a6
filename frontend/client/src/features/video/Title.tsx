import { keys, type Video, videos } from '@keyreel/api'
import { Button, IconButton, Input } from '@keyreel/ui'
import { PencilLine } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'

/** The video's name; a pencil turns it into a field. */
export function Title({ video }: { video: Video }) {
  const { t } = useTranslation(['video', 'common'])
  const mayRename = useMay('videos:write') && video.trashed_at === null
  const [typed, setTyped] = useState<string | null>(null)
  const rename = useAct((title: string) => videos.change(video.id, { title }), {
    refreshes: [keys.videos.all],
    onDone: () => {
      setTyped(null)
    },
  })
  if (typed === null)
    return (
      <div className="flex items-start gap-1">
        <h1 className="line-clamp-4 min-w-0 text-lg font-semibold sm:text-xl" title={video.title}>
          {video.title}
        </h1>
        {mayRename ? (
          <IconButton
            label={t('rename.act')}
            size="icon-sm"
            onClick={() => {
              setTyped(video.title)
            }}
          >
            <PencilLine />
          </IconButton>
        ) : null}
      </div>
    )
  const wanted = typed.trim()
  const cancel = () => {
    setTyped(null)
  }
  return (
    <form
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (wanted === video.title) cancel()
        else if (wanted !== '') rename.mutate(wanted)
      }}
    >
      <h1 className="sr-only">{video.title}</h1>
      <div className="min-w-0 flex-1 basis-64">
        <Input
          autoFocus
          aria-label={t('rename.label')}
          maxLength={200}
          value={typed}
          className="h-10 text-base font-semibold"
          onFocus={(event) => {
            event.target.select()
          }}
          onChange={(event) => {
            setTyped(event.target.value)
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') cancel()
          }}
        />
      </div>
      <Button type="submit" variant="primary" pending={rename.isPending} disabled={wanted === ''}>
        {t('common:act.save')}
      </Button>
      <Button onClick={cancel}>{t('common:act.cancel')}</Button>
    </form>
  )
}
