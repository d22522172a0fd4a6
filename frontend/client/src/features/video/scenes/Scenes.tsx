import { storyboards, type Video } from '@keyreel/api'
import { Loading, Section, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { useMay } from '@/app/useSession'
import { scenesOf } from './document'
import { SceneEditor } from './SceneEditor'
import { SceneRow } from './SceneRow'

/** The storyboard's scenes with their words; one at a time can be changed. */
export function Scenes({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  const storyboard = useQuery(storyboards.detail(video.id))
  const mayEdit = useMay('storyboards:write') && video.trashed_at === null
  const [editing, setEditing] = useState<string | null>(null)
  const [left, setLeft] = useState<string | null>(null)
  const close = () => {
    setLeft(editing)
    setEditing(null)
  }
  return (
    <Section title={t('scenes.title')} detail={mayEdit ? t('scenes.detail') : undefined}>
      {storyboard.isPending ? (
        <ScenesSkeleton />
      ) : storyboard.isError ? (
        <ProblemState error={storyboard.error} onRetry={() => void storyboard.refetch()} />
      ) : (
        <ol className="-mx-5 -mb-5 divide-y divide-line border-t border-line">
          {scenesOf(storyboard.data.document).map((scene, index) => (
            <li key={scene.id} className="px-5 py-4">
              {editing === scene.id ? (
                <SceneEditor storyboard={storyboard.data} scene={scene} number={index + 1} onClose={close} />
              ) : (
                <SceneRow
                  scene={scene}
                  number={index + 1}
                  takesFocus={left === scene.id}
                  onEdit={
                    mayEdit
                      ? () => {
                          setEditing(scene.id)
                        }
                      : undefined
                  }
                />
              )}
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}

function ScenesSkeleton() {
  return (
    <Loading className="space-y-5">
      {[0, 1, 2].map((row) => (
        <div key={row} className="flex gap-4">
          <Skeleton className="aspect-video w-24 sm:w-32" />
          <div className="flex-1 space-y-2 pt-1">
            <Skeleton className="h-3 w-16" />
            <Skeleton className="h-4 w-full max-w-md" />
          </div>
        </div>
      ))}
    </Loading>
  )
}
