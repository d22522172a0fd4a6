import { keys, type Video, videos } from '@keyreel/api'
import { Segmented } from '@keyreel/ui'
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useMay } from '@/app/useSession'
import { type Review, ReviewBadge } from '@/app/video/status'

/** Whether the film is good: to be chosen by who may review, else shown. */
export function Reviewing({ video }: { video: Video }) {
  const { t } = useTranslation(['video', 'common'])
  const mayReview = useMay('videos:review') && video.trashed_at === null
  const review = useAct((wanted: Review) => videos.change(video.id, { review: wanted }), {
    refreshes: [keys.videos.all],
  })
  if (!mayReview) return <ReviewBadge review={video.review} />
  return (
    <Segmented<Review>
      label={t('review')}
      className="flex w-full [&>button]:gap-1 [&>button]:px-1"
      value={review.isPending ? review.variables : video.review}
      onChange={(wanted) => {
        review.mutate(wanted)
      }}
      choices={[
        { value: 'pending', label: t('common:video.review.pending'), icon: <CircleDashed /> },
        {
          value: 'validated',
          label: t('common:video.review.validated'),
          icon: <CircleCheck className="text-success-text" />,
        },
        {
          value: 'rejected',
          label: t('common:video.review.rejected'),
          icon: <CircleX className="text-danger-text" />,
        },
      ]}
    />
  )
}
