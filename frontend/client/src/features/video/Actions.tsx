import { type Film, keys, storyboards, type Video, videos } from '@keyreel/api'
import { Button, IconButton, Menu, type MenuEntry, toast } from '@keyreel/ui'
import { useNavigate } from '@tanstack/react-router'
import {
  Captions,
  ChevronDown,
  Clapperboard,
  Copy,
  Download,
  EllipsisVertical,
  FileText,
  Image,
  Link2,
  Trash2,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'
import { isWorking } from '@/app/video/status'

type Files = Pick<Film, 'file_url' | 'poster_url' | 'srt_url' | 'vtt_url' | 'credits_url'>

/** Download what is shown, share it, and what is done seldom. */
export function Actions({ video, shown, onShare }: { video: Video; shown: Files; onShare: () => void }) {
  const { t } = useTranslation(['video', 'common'])
  const mayShare = useMay('videos:share')
  const entries = useEntries(video)
  return (
    <>
      {mayShare && video.file_url !== null ? (
        <Button icon={<Link2 />} onClick={onShare}>
          {t('share.act')}
        </Button>
      ) : null}
      {shown.file_url === null ? null : <Downloads files={shown} />}
      {entries.length > 0 ? (
        <Menu
          trigger={
            <IconButton label={t('common:act.options')} variant="secondary">
              <EllipsisVertical />
            </IconButton>
          }
          entries={entries}
        />
      ) : null}
    </>
  )
}

function Downloads({ files }: { files: Files }) {
  const { t } = useTranslation('video')
  const kinds: [keyof Files, string, ReactNode][] = [
    ['file_url', t('download.film'), <Clapperboard key="i" />],
    ['poster_url', t('download.poster'), <Image key="i" />],
    ['srt_url', t('download.srt'), <Captions key="i" />],
    ['vtt_url', t('download.vtt'), <Captions key="i" />],
    ['credits_url', t('download.credits'), <FileText key="i" />],
  ]
  return (
    <Menu
      trigger={
        <Button variant="primary" icon={<Download />}>
          {t('download.act')}
          <ChevronDown className="size-3.5" />
        </Button>
      }
      entries={kinds.flatMap(([name, label, icon]): MenuEntry[] => {
        const url = files[name]
        return url === null
          ? []
          : [
              {
                key: name,
                link: (
                  <a href={`${url}?download=1`} download>
                    {icon}
                    {label}
                  </a>
                ),
              },
            ]
      })}
    />
  )
}

function useEntries(video: Video): MenuEntry[] {
  const { t } = useTranslation('video')
  const navigate = useNavigate()
  const mayMake = useMay('storyboards:write')
  const mayWrite = useMay('videos:write')
  const duplicate = useAct(() => storyboards.duplicate(video.id), {
    done: t('duplicated'),
    onDone: ({ id }) => navigate({ to: '/videos/$videoId', params: { videoId: id } }),
  })
  const restore = useAct(videos.restore, { done: t('trash.restored'), refreshes: [keys.videos.all] })
  const trash = useAct(videos.trash, {
    refreshes: [keys.videos.all],
    onDone: async () => {
      toast({
        title: t('trash.done'),
        onUndo: () => {
          restore.mutate(video.id)
        },
      })
      await navigate({ to: '/library' })
    },
  })
  return [
    ...(mayMake
      ? [
          {
            label: t('duplicate'),
            icon: <Copy />,
            onSelect: () => {
              duplicate.mutate()
            },
          },
        ]
      : []),
    ...(mayWrite
      ? [
          'separator' as const,
          {
            label: t('trash.act'),
            icon: <Trash2 />,
            danger: true,
            disabled: isWorking(video.status),
            onSelect: () => {
              trash.mutate(video.id)
            },
          },
        ]
      : []),
  ]
}
