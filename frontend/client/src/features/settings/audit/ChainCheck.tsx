import { workspace } from '@keyreel/api'
import { Button, Callout, Card } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Link2, ShieldCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'

/** Recomputes the chain of hashes when asked, and says what it found. */
export function ChainCheck() {
  const { t } = useTranslation('settings')
  const check = useQuery({ ...workspace.auditVerification(), enabled: false })
  return (
    <Card className="p-5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <span
          aria-hidden
          className="hidden size-9 shrink-0 items-center justify-center rounded-md border border-line text-ink-muted sm:flex"
        >
          <Link2 className="size-4.5" />
        </span>
        <div className="min-w-0 flex-1 basis-60">
          <h2 className="font-semibold">{t('audit.chain.title')}</h2>
          <p className="text-pretty text-ink-muted">{t('audit.chain.detail')}</p>
        </div>
        <Button icon={<ShieldCheck />} pending={check.isFetching} onClick={() => void check.refetch()}>
          {t('audit.chain.check')}
        </Button>
      </div>
      <div aria-live="polite">
        {check.isFetching ? null : check.isError ? (
          <ProblemCallout error={check.error} className="mt-4" />
        ) : check.data === undefined ? null : check.data.intact ? (
          <Callout tone="success" className="mt-4">
            {t('audit.chain.intact', { count: check.data.checked })}
          </Callout>
        ) : (
          <Callout tone="danger" className="mt-4" title={t('audit.chain.broken')}>
            {t('audit.chain.brokenAt', { number: check.data.broken_at ?? check.data.checked })}
          </Callout>
        )}
      </div>
    </Card>
  )
}
