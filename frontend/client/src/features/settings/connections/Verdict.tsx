import type { KeyVerdict } from '@keyreel/api'
import { Callout, Loading, Spinner } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { verdictTones } from './states'
import { useTalk } from './useTalk'

/** What came of trying a key that has just been sealed. */
export function Verdict({
  service,
  verdict,
  error,
}: {
  service: string
  verdict: KeyVerdict | undefined
  error: unknown
}) {
  const { t } = useTranslation('settings')
  const talk = useTalk()
  if (error)
    return (
      <>
        <p className="mb-3">{t('connections.sealed')}</p>
        <ProblemCallout error={error} />
      </>
    )
  if (verdict === undefined)
    return (
      <Loading className="flex items-center gap-3 py-3 text-ink-muted">
        <Spinner className="size-5" />
        <p>{t('connections.trying', { service })}</p>
      </Loading>
    )
  return (
    <div aria-live="polite" className="flex flex-col gap-3">
      <Callout tone={verdictTones[verdict.outcome]}>{talk.verdict(verdict, service)}</Callout>
      <p className="text-ink-muted">{t(`connections.then.${verdict.outcome}`)}</p>
    </div>
  )
}
