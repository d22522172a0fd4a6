import type { Video } from '@keyreel/api'
import { Badge, Spinner, type Tone } from '@keyreel/ui'
import { Ban, CircleAlert, CircleCheck, CircleDashed, CircleX, Clock, FilePenLine } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

export type VideoStatus = Video['status']
export type Review = Video['review']

const looks: Record<VideoStatus, { tone: Tone; icon: ReactNode }> = {
  draft: { tone: 'neutral', icon: <FilePenLine /> },
  reserving: { tone: 'accent', icon: <Clock /> },
  queued: { tone: 'accent', icon: <Clock /> },
  fetching: { tone: 'accent', icon: <Spinner className="size-3.5" /> },
  rendering: { tone: 'accent', icon: <Spinner className="size-3.5" /> },
  uploading: { tone: 'accent', icon: <Spinner className="size-3.5" /> },
  ready: { tone: 'success', icon: <CircleCheck /> },
  failed: { tone: 'danger', icon: <CircleAlert /> },
  cancelled: { tone: 'neutral', icon: <Ban /> },
}

/** The states of a video whose job is under way. */
export const working: readonly VideoStatus[] = ['reserving', 'queued', 'fetching', 'rendering', 'uploading']

export function isWorking(status: VideoStatus): boolean {
  return working.includes(status)
}

export function StatusBadge({ status, className }: { status: VideoStatus; className?: string }) {
  const { t } = useTranslation()
  const { tone, icon } = looks[status]
  return (
    <Badge tone={tone} icon={icon} className={className}>
      {t(`video.status.${status}`)}
    </Badge>
  )
}

const reviewLooks: Record<Review, { tone: Tone; icon: ReactNode }> = {
  pending: { tone: 'neutral', icon: <CircleDashed /> },
  validated: { tone: 'success', icon: <CircleCheck /> },
  rejected: { tone: 'danger', icon: <CircleX /> },
}

export function ReviewBadge({ review, className }: { review: Review; className?: string }) {
  const { t } = useTranslation()
  const { tone, icon } = reviewLooks[review]
  return (
    <Badge tone={tone} icon={icon} className={className}>
      {t(`video.review.${review}`)}
    </Badge>
  )
}
