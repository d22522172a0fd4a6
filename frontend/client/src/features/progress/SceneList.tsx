import { assets, type JobDetail } from '@keyreel/api'
import { Badge, Section } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { AudioLines, CircleAlert, CircleCheck, Type } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import type { SceneLook } from './scenes'

/** Scenes shown before somebody asks for all. */
const SHOWN = 12

/** The scenes with what is known of each: whose voice is there, which one failed. */
export function SceneList({ job, scenes }: { job: JobDetail; scenes: readonly SceneLook[] }) {
  const { t } = useTranslation('progress')
  const formats = useFormats()
  const [all, setAll] = useState(false)
  const shown = all ? scenes : scenes.slice(0, SHOWN)
  const spoken = new Set(
    job.calls.filter((call) => call.outcome === 'ok' || call.outcome === 'cached').map((call) => call.scene),
  )
  const drawn = job.stage === 'store' || job.state === 'uploading'
  return (
    <Section
      title={t('scenes.title')}
      detail={t(job.stage === 'render' ? 'scenes.drawn' : 'scenes.all', {
        count: scenes.length,
        done: formats.number(job.scenes_done),
        all: formats.number(scenes.length),
      })}
    >
      <ol className="grid gap-3 sm:grid-cols-2">
        {shown.map((scene, index) => (
          <li key={scene.id} className="flex min-w-0 items-center gap-3">
            <Picture scene={scene} />
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">
                <span className="text-ink-muted figures">{formats.number(index + 1)}</span>{' '}
                {scene.words || t('scenes.silent')}
              </p>
              <div className="mt-1 flex gap-1.5">
                {job.failure?.scene === scene.id ? (
                  <Badge tone="danger" icon={<CircleAlert />}>
                    {t('scenes.failed')}
                  </Badge>
                ) : drawn ? (
                  <Badge tone="success" icon={<CircleCheck />}>
                    {t('scenes.done')}
                  </Badge>
                ) : spoken.has(scene.id) ? (
                  <Badge tone="accent" icon={<AudioLines />}>
                    {t('scenes.spoken')}
                  </Badge>
                ) : (
                  <Badge>{t('scenes.waiting')}</Badge>
                )}
              </div>
            </div>
          </li>
        ))}
      </ol>
      {scenes.length > shown.length ? (
        <button
          type="button"
          className="mt-3 tap rounded-sm font-medium text-accent-text hover:underline"
          onClick={() => {
            setAll(true)
          }}
        >
          {t('scenes.more', {
            count: scenes.length - shown.length,
            number: formats.number(scenes.length - shown.length),
          })}
        </button>
      ) : null}
    </Section>
  )
}

function Picture({ scene }: { scene: SceneLook }) {
  const asset = useQuery({ ...assets.detail(scene.asset ?? ''), enabled: scene.asset !== null })
  const source = scene.sample ?? asset.data?.thumbnail_url ?? null
  return (
    <span
      aria-hidden
      className="flex h-12 w-20 shrink-0 items-center justify-center overflow-hidden rounded-md border border-line bg-sunken text-ink-faint"
    >
      {source === null ? (
        <Type className="size-4" />
      ) : scene.sample?.includes('-loop/') ? (
        <video src={source} muted preload="metadata" className="size-full object-cover" />
      ) : (
        <img src={source} alt="" loading="lazy" className="size-full object-cover" />
      )}
    </span>
  )
}
