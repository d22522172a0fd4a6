import { type Connection, connections, type Connector, keys } from '@keyreel/api'
import { Avatar, Badge, Button, Card, toast } from '@keyreel/ui'
import { PlugZap } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useFormats } from '@/i18n/format'
import type { Calls } from './calls'
import { ConnectionMenu } from './ConnectionMenu'
import { stateLooks, verdictTones } from './states'
import { useTalk } from './useTalk'

/** One key: whose, in which state, its last four characters, what it was used for; never the key. */
export function ConnectionCard({
  connection,
  connector,
  calls,
  mayChange,
}: {
  connection: Connection
  connector: Connector | undefined
  calls: Calls | undefined
  mayChange: boolean
}) {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const talk = useTalk()
  const service = connector?.name ?? connection.connector
  const look = stateLooks[connection.state]
  const test = useAct(connections.test, {
    refreshes: [keys.connections.list],
    onDone: (verdict) => {
      const tone = verdictTones[verdict.outcome]
      toast({ tone: tone === 'warning' ? 'info' : tone, title: talk.verdict(verdict, service) })
    },
  })
  return (
    <Card className="flex min-w-0 flex-1 flex-col">
      <div className="flex items-start gap-3 p-5 pb-4">
        <Avatar name={service} shape="square" className="size-9 text-base" />
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold">{connection.name}</h2>
          <p className="flex items-center gap-2 text-ink-muted">
            <span className="truncate">
              {connection.name === service ? (connection.base_url ?? t('connections.key')) : service}
            </span>
            {connection.last_four ? (
              <code className="shrink-0 font-mono text-xs">••••{connection.last_four}</code>
            ) : null}
          </p>
        </div>
        {mayChange ? (
          <div className="-mt-1 -mr-2">
            <ConnectionMenu connection={connection} connector={connector} />
          </div>
        ) : null}
      </div>
      <dl className="grid grid-cols-2 gap-x-4 px-5 pb-4 text-xs">
        <div>
          <dt className="text-ink-muted">{t('connections.lastUsed')}</dt>
          <dd className="mt-0.5 text-sm">
            {connection.last_used_at ? formats.relative(connection.last_used_at) : t('connections.never')}
          </dd>
        </div>
        <div>
          <dt className="text-ink-muted">
            {calls?.shared ? t('connections.callsOfAll') : t('connections.calls')}
          </dt>
          <dd className="mt-0.5 text-sm figures">
            {calls === undefined ? '–' : formats.number(calls.made)}
            {calls !== undefined && calls.failed > 0 ? (
              <span className="text-danger-text"> · {t('connections.failed', { count: calls.failed })}</span>
            ) : null}
          </dd>
        </div>
      </dl>
      <div className="mt-auto flex min-h-13 items-center justify-between gap-3 border-t border-line px-5 py-2.5">
        <Badge tone={look.tone} icon={look.icon}>
          {t(`connections.state.${connection.state}`)}
        </Badge>
        {mayChange && connection.state !== 'disabled' ? (
          <Button
            size="sm"
            icon={<PlugZap />}
            pending={test.isPending}
            onClick={() => {
              test.mutate(connection.id)
            }}
          >
            {t('connections.test')}
          </Button>
        ) : null}
      </div>
    </Card>
  )
}
