import type { Video } from '@keyreel/api'
import { Callout } from '@keyreel/ui'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { failureSentence } from '@/app/problems'
import { isWorking } from '@/app/video/status'
import { LastRender } from './redrawn'
import { RenderButton } from './RenderButton'
import { RunProgress, ToRun } from './RunProgress'

/**
 * The way of a change into the film that is there: not in it yet, being rendered, in it, or failed. It keeps to the foot
 * of the window, so that it is in sight of whichever scene is being changed.
 */
export function Renewal({ video, ran }: { video: Video; ran: boolean }) {
  const working = isWorking(video.status)
  if (video.film_version === null) return null
  const changed = video.version > video.film_version
  if (working)
    return (
      <Bar>
        <div className="flex-1">
          <RunProgress video={video} />
        </div>
      </Bar>
    )
  if (video.status === 'failed' && changed)
    return (
      <Bar>
        <Failed video={video} />
      </Bar>
    )
  if (changed)
    return (
      <Bar>
        <Unrendered video={video} />
      </Bar>
    )
  return ran ? (
    <div className={place}>
      <LastRender video={video} />
    </div>
  ) : null
}

/** Whether a run was under way while the page was open. */
export function useRan({ status }: Video): boolean {
  const working = isWorking(status)
  const [ran, setRan] = useState(working)
  if (working && !ran) setRan(true)
  return ran
}

const place = 'sticky bottom-20 z-10 rounded-lg shadow-md md:bottom-4'

function Bar({ children }: { children: ReactNode }) {
  return (
    <div className={place}>
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-lg border border-line bg-raised px-4 py-3">
        {children}
      </div>
    </div>
  )
}

function Unrendered({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  return (
    <>
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium" role="status">
          {t('unrendered.title')}
        </p>
        <p className="text-ink-muted">{t('unrendered.detail')}</p>
      </div>
      <RenderButton video={video}>{t('render.change')}</RenderButton>
    </>
  )
}

function Failed({ video }: { video: Video }) {
  const { t } = useTranslation('video')
  return (
    <>
      <Callout
        tone="danger"
        title={t('failed.again')}
        className="flex-1 basis-60"
        action={<ToRun video={video} />}
      >
        {video.failure ? failureSentence(video.failure) : null}
      </Callout>
      <RenderButton video={video}>{t('render.again')}</RenderButton>
    </>
  )
}
