import { storyboards, type Video } from '@keyreel/api'
import { type MenuEntry, toast } from '@keyreel/ui'
import { useNavigate } from '@tanstack/react-router'
import {
  ArchiveRestore,
  CircleCheck,
  CircleX,
  Copy,
  Download,
  Link2,
  PencilLine,
  Play,
  Trash2,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'
import { isWorking } from '@/app/video/status'
import type { useBulk } from './useBulk'

type Entries = (video: Video) => MenuEntry[]

interface Asks {
  bulk: ReturnType<typeof useBulk>
  onRename: (video: Video) => void
  onPurge: (videos: Video[]) => void
}

/** What can be done with one video, for its menu: what the role does not allow is left out. */
export function useEntries({ bulk, onRename, onPurge }: Asks): Entries {
  const { t } = useTranslation('library')
  const navigate = useNavigate()
  const mayWrite = useMay('videos:write')
  const mayShare = useMay('videos:share')
  const mayReview = useMay('videos:review')
  const mayMake = useMay('storyboards:write')
  const duplicate = useAct(storyboards.duplicate, {
    onDone: ({ id }) => {
      toast({
        title: t('duplicated'),
        action: {
          label: t('act.open'),
          onSelect: () => void navigate({ to: '/videos/$videoId', params: { videoId: id } }),
        },
      })
    },
  })

  function trashed(video: Video): MenuEntry[] {
    return mayWrite
      ? [
          {
            label: t('act.restore'),
            icon: <ArchiveRestore />,
            onSelect: () => {
              bulk.mutate({ action: 'restore', ids: [video.id] })
            },
          },
          'separator',
          {
            label: t('act.purge'),
            icon: <Trash2 />,
            danger: true,
            onSelect: () => {
              onPurge([video])
            },
          },
        ]
      : []
  }

  function kept(video: Video): MenuEntry[] {
    const open = (share?: true) =>
      void navigate({ to: '/videos/$videoId', params: { videoId: video.id }, search: share ? { share } : {} })
    const entries: (MenuEntry | false)[] = [
      {
        label: t('act.open'),
        icon: <Play />,
        onSelect: () => {
          open()
        },
      },
      mayWrite && {
        label: t('act.rename'),
        icon: <PencilLine />,
        onSelect: () => {
          onRename(video)
        },
      },
      video.file_url !== null && {
        key: 'download',
        link: (
          <a href={`${video.file_url}?download=1`} download>
            <Download />
            {t('act.download')}
          </a>
        ),
      },
      mayShare &&
        video.file_url !== null && {
          label: t('act.share'),
          icon: <Link2 />,
          onSelect: () => {
            open(true)
          },
        },
      mayMake && {
        label: t('act.duplicate'),
        icon: <Copy />,
        onSelect: () => {
          duplicate.mutate(video.id)
        },
      },
      ...(mayReview && video.status === 'ready' ? reviews(video) : []),
      mayWrite && 'separator',
      mayWrite && {
        label: t('act.trash'),
        icon: <Trash2 />,
        danger: true,
        disabled: isWorking(video.status),
        onSelect: () => {
          bulk.mutate({ action: 'trash', ids: [video.id] })
        },
      },
    ]
    return entries.filter((entry) => entry !== false)
  }

  function reviews(video: Video): MenuEntry[] {
    return [
      'separator',
      {
        label: t('act.validate'),
        icon: <CircleCheck />,
        checked: video.review === 'validated',
        onSelect: () => {
          bulk.mutate({ action: 'validate', ids: [video.id] })
        },
      },
      {
        label: t('act.reject'),
        icon: <CircleX />,
        checked: video.review === 'rejected',
        onSelect: () => {
          bulk.mutate({ action: 'reject', ids: [video.id] })
        },
      },
    ]
  }

  return (video) => (video.trashed_at === null ? kept(video) : trashed(video))
}
