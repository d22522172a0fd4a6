import type { JobDetail } from '@keyreel/api'
import { cx, Spinner } from '@keyreel/ui'
import { Check, CircleStop, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import { railOf, type StageName, type StageStatus } from './stages'

const dots: Record<StageStatus, string> = {
  done: 'border-success bg-success-soft text-success-text',
  active: 'border-accent bg-accent-soft text-accent-text',
  waiting: 'border-line-strong bg-surface text-transparent',
  failed: 'border-danger bg-danger-soft text-danger-text',
  stopped: 'border-line-strong bg-hover text-ink-muted',
}

function Sign({ status }: { status: StageStatus }) {
  switch (status) {
    case 'done':
      return <Check />
    case 'active':
      return <Spinner />
    case 'failed':
      return <X />
    case 'stopped':
      return <CircleStop />
    case 'waiting':
      return null
  }
}

/** The six stages from the script to the library, and where this run is. */
export function StageRail({ job }: { job: JobDetail }) {
  const { t } = useTranslation('progress')
  const rail = railOf(job)
  const active = rail.find(({ status }) => status === 'active')
  return (
    <>
      <ol className="grid gap-x-1 gap-y-2 sm:grid-cols-6" aria-label={t('stages')}>
        {rail.map(({ name, status }, index) => (
          <li
            key={name}
            aria-current={status === 'active' ? 'step' : undefined}
            className="relative flex items-center gap-3 sm:flex-col sm:gap-2 sm:text-center"
          >
            {index > 0 ? (
              <span
                aria-hidden
                className={cx(
                  'absolute top-3.5 right-[calc(50%+1.125rem)] left-[calc(-50%+1.125rem)] hidden h-0.5 rounded-full sm:block',
                  status === 'waiting' ? 'bg-line' : 'bg-success',
                )}
              />
            ) : null}
            <span
              aria-hidden
              className={cx(
                'flex size-7 shrink-0 items-center justify-center rounded-full border-2 transition-colors duration-base [&_svg]:size-3.5',
                dots[status],
              )}
            >
              <Sign status={status} />
            </span>
            <span className="min-w-0">
              <span className={cx('block font-medium', status === 'waiting' && 'text-ink-muted')}>
                {t(`stage.${name}`)}
              </span>
              <span className="block text-xs text-ink-muted">
                {status === 'active' ? <Doing name={name} job={job} /> : t(`status.${status}`)}
              </span>
            </span>
          </li>
        ))}
      </ol>
      <p className="sr-only" role="status">
        {active ? t(`stage.${active.name}`) : t(`state.${job.state}`)}
      </p>
    </>
  )
}

/** How far a stage is, where the studio counts it. */
function Doing({ name, job }: { name: StageName; job: JobDetail }) {
  const { t } = useTranslation('progress')
  const formats = useFormats()
  if (name !== 'voice' && name !== 'render') return t('status.active')
  return (
    <span className="figures">
      {t('scenes.counted', {
        count: job.scenes,
        done: formats.number(job.scenes_done),
        all: formats.number(job.scenes),
      })}
    </span>
  )
}
