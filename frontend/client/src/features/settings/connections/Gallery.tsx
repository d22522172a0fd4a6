import type { Connector } from '@keyreel/api'
import { Avatar, Badge, Button, Loading, Skeleton } from '@keyreel/ui'
import type { UseQueryResult } from '@tanstack/react-query'
import { Check, ExternalLink, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { type Ability, abilitiesOf, unlocking } from './abilities'
import { useTalk } from './useTalk'

/** Every service a key can be given for, by what it adds. `onAdd` is null for who may not give keys. */
export function Gallery({
  connectors,
  taken,
  onAdd,
}: {
  connectors: UseQueryResult<Connector[]>
  taken: readonly string[]
  onAdd: ((connector: string) => void) | null
}) {
  const { t } = useTranslation('settings')
  const talk = useTalk()
  const [ability, setAbility] = useState<Ability | null>(null)
  const all = connectors.data ?? []
  const filters = [null, ...abilitiesOf(all)]
  return (
    <section className="mt-4">
      <h2 className="text-base font-semibold">{t('connections.services')}</h2>
      <p className="mt-0.5 text-ink-muted">{t('connections.servicesDetail')}</p>
      {connectors.isPending ? (
        <Loading className="mt-4 grid gap-3 sm:grid-cols-2">
          {[0, 1, 2, 3].map((card) => (
            <Skeleton key={card} className="h-24 rounded-lg" />
          ))}
        </Loading>
      ) : connectors.isError ? (
        <ProblemState error={connectors.error} onRetry={() => void connectors.refetch()} />
      ) : (
        <>
          <div role="group" aria-label={t('connections.filter')} className="mt-4 mb-3 flex flex-wrap gap-1.5">
            {filters.map((one) => (
              <button
                key={one ?? 'all'}
                type="button"
                aria-pressed={one === ability}
                className="flex h-8 tap items-center justify-center rounded-full border border-line-strong bg-surface px-3 text-xs font-medium text-ink-muted transition-colors hover:bg-hover hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-text"
                onClick={() => {
                  setAbility(one)
                }}
              >
                {one === null ? t('connections.all') : talk.ability(one)}
              </button>
            ))}
          </div>
          <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2">
            {unlocking(all, ability).map((connector) => (
              <li
                key={connector.id}
                className="flex flex-col rounded-lg border border-line bg-surface p-4 shadow-xs"
              >
                <div className="flex items-start gap-3">
                  <Avatar name={connector.name} shape="square" className="size-8" />
                  <div className="min-w-0 flex-1">
                    <h3 className="flex flex-wrap items-center gap-x-2 font-medium">
                      {connector.name}
                      {taken.includes(connector.id) ? (
                        <Badge tone="success" icon={<Check />} className="h-5">
                          {t('connections.have')}
                        </Badge>
                      ) : null}
                    </h3>
                    <p className="text-xs text-ink-muted">
                      {connector.unlocks.map(talk.ability).join(' · ')}
                    </p>
                  </div>
                </div>
                <div className="mt-3 flex items-center justify-end gap-2">
                  {connector.key_page ? (
                    <Button asChild size="sm" variant="ghost">
                      <a
                        href={connector.key_page}
                        target="_blank"
                        rel="noreferrer"
                        aria-label={t('connections.keyPage', { service: connector.name })}
                      >
                        {t('connections.getKey')}
                        <ExternalLink aria-hidden />
                      </a>
                    </Button>
                  ) : null}
                  {onAdd ? (
                    <Button
                      size="sm"
                      icon={<Plus />}
                      aria-label={t('connections.addOf', { service: connector.name })}
                      onClick={() => {
                        onAdd(connector.id)
                      }}
                    >
                      {t('connections.add')}
                    </Button>
                  ) : null}
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
