import type { Connector } from '@keyreel/api'
import { Button } from '@keyreel/ui'
import { ExternalLink, LockOpen } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useTalk } from './useTalk'

/** What a service unlocks and where its keys come from. */
export function ConnectorFacts({ connector }: { connector: Connector }) {
  const { t } = useTranslation('settings')
  const talk = useTalk()
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg bg-sunken px-4 py-3">
      <p className="flex min-w-0 flex-1 basis-48 items-start gap-2.5">
        <LockOpen className="mt-0.5 size-4 shrink-0 text-ink-muted" aria-hidden />
        <span>
          {t('connections.unlocks')}{' '}
          <span className="font-medium">{connector.unlocks.map(talk.ability).join(', ')}</span>
        </span>
      </p>
      {connector.key_page ? (
        <Button asChild size="sm">
          <a href={connector.key_page} target="_blank" rel="noreferrer">
            {t('connections.getKey')}
            <ExternalLink aria-hidden />
          </a>
        </Button>
      ) : null}
    </div>
  )
}
