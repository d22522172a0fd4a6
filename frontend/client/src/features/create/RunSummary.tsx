import { asApiError, billing } from '@keyreel/api'
import { Button, Loading, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Clapperboard } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { PlanRefusal, refusedByPlan } from '@/app/PlanRefusal'
import { ProblemCallout } from '@/app/problems'
import { useFormats } from '@/i18n/format'
import type { Guess } from './estimate'
import { leftOf } from './quota'
import { tally, type Tile } from './useTray'

/** What this run takes and what is left of the plan; the one button that begins it. */
export function RunSummary({
  guess,
  tiles,
  pending,
  wanted,
  error,
}: {
  guess: Guess
  tiles: readonly Tile[]
  pending: boolean
  /** It was asked for and begins when the last file has arrived. */
  wanted: boolean
  /** Why the last try was refused, unless a field says it. */
  error: unknown
}) {
  const { t } = useTranslation('create')
  const formats = useFormats()
  const { ready, coming, bad } = tally(tiles)
  const refusal = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // On a phone the answer stands below what was being looked at.
    if (error) refusal.current?.scrollIntoView({ block: 'center', behavior: 'smooth' })
  }, [error])
  return (
    <div className="flex flex-col gap-4">
      <dl className="flex flex-col gap-2">
        <Row label={t('run.length')}>
          {guess.words === 0 ? '–' : t('run.about', { duration: formats.duration(guess.seconds) })}
        </Row>
        <Row label={t('run.scenes')}>
          {guess.words === 0 ? '–' : t('run.aboutNumber', { number: formats.number(guess.scenes) })}
        </Row>
        {tiles.length > 0 ? <Row label={t('run.media')}>{formats.number(ready)}</Row> : null}
        <Row label={t('run.price')}>{t('run.free')}</Row>
      </dl>
      <QuotaLeft seconds={guess.seconds} />
      {error ? (
        <div ref={refusal}>
          {refusedByPlan(asApiError(error)) ? (
            <PlanRefusal error={asApiError(error)} />
          ) : (
            <ProblemCallout error={error} />
          )}
        </div>
      ) : null}
      <Button
        type="submit"
        variant="primary"
        size="lg"
        block
        icon={<Clapperboard />}
        pending={pending}
        className="max-lg:hidden"
      >
        {t('submit')}
      </Button>
      <p className="text-center text-xs text-ink-muted empty:hidden" aria-live="polite">
        {coming > 0
          ? t(wanted ? 'run.begins' : 'run.coming', { count: coming, number: formats.number(coming) })
          : bad > 0
            ? t('run.leftOut', { count: bad, number: formats.number(bad) })
            : t('run.leave')}
      </p>
    </div>
  )
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-3">
      <dt className="text-ink-muted">{label}</dt>
      <dd className="font-medium figures">{children}</dd>
    </div>
  )
}

/** What is left of the month, before and after; warns where this video would not fit. */
function QuotaLeft({ seconds }: { seconds: number }) {
  const { t } = useTranslation('create')
  const formats = useFormats()
  const quotas = useQuery(billing.quotas())
  if (quotas.isPending)
    return (
      <Loading>
        <Skeleton className="h-11 w-full" />
      </Loading>
    )
  // The server decides when the run begins; without an answer nothing is claimed here.
  if (quotas.isError) return null
  const videos = leftOf(quotas.data, 'videos')
  const film = leftOf(quotas.data, 'render_seconds')
  if (videos === null && film === null) return null
  const short = (videos !== null && videos < 1) || (film !== null && film < seconds)
  return (
    <div
      className={
        short
          ? 'rounded-md bg-warning-soft px-3 py-2 text-xs text-warning-text'
          : 'rounded-md bg-sunken px-3 py-2 text-xs text-ink-muted'
      }
    >
      {short ? <p className="font-medium">{t('run.short')}</p> : null}
      <p className="figures">
        {[
          videos === null ? null : t('run.videosLeft', { count: videos, number: formats.number(videos) }),
          film === null
            ? null
            : t('run.minutesLeft', { count: Math.floor(film / 60), minutes: formats.minutes(film) }),
        ]
          .filter((part) => part !== null)
          .join(' · ')}
      </p>
      <p>{t('run.renews', { date: formats.date(quotas.data.period_end) })}</p>
    </div>
  )
}
