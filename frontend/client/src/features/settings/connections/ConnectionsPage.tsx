import { connections, usage } from '@keyreel/api'
import { Button, Card, EmptyState } from '@keyreel/ui'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Cable, Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { useMay } from '@/app/useSession'
import { SettingsPage } from '../SettingsPage'
import { AddKey } from './AddKey'
import { ConnectionCard } from './ConnectionCard'
import { Gallery } from './Gallery'
import { CardSkeletons } from './CardSkeletons'
import { callsOf, lastDays } from './calls'

const route = getRouteApi('/studio/settings/connections')

/** The workspace's own keys, and what more a key could add. `?add=pexels` opens the form for that service. */
export function ConnectionsPage() {
  const { t } = useTranslation('settings')
  const mayChange = useMay('keys:write')
  const { add } = route.useSearch()
  const navigate = useNavigate()
  const connectors = useQuery(connections.connectors())
  const owned = useInfiniteQuery(connections.list())
  const used = useQuery(usage.range(...lastDays(30)))

  function ask(connector: string | undefined) {
    void navigate({
      to: '/settings/connections',
      search: connector === undefined ? {} : { add: connector },
      replace: true,
    })
  }

  const known = connectors.data ?? []
  return (
    <SettingsPage
      title={t('connections.title')}
      detail={t('connections.detail')}
      actions={
        mayChange ? (
          <Button
            variant="primary"
            icon={<Plus />}
            disabled={known.length === 0}
            onClick={() => {
              ask('')
            }}
          >
            {t('connections.add')}
          </Button>
        ) : null
      }
    >
      <Listing
        query={owned}
        skeleton={<CardSkeletons />}
        empty={
          <Card>
            <EmptyState
              icon={<Cable />}
              title={t('connections.empty')}
              detail={mayChange ? t('connections.emptyDetail') : t('connections.byOwner')}
            />
          </Card>
        }
      >
        {(rows) => (
          <ul className="grid grid-cols-1 gap-4 sm:grid-cols-2">
            {rows.map((connection) => (
              <li key={connection.id} className="flex">
                <ConnectionCard
                  connection={connection}
                  connector={known.find(({ id }) => id === connection.connector)}
                  calls={callsOf(connection, rows, used.data?.calls)}
                  mayChange={mayChange}
                />
              </li>
            ))}
          </ul>
        )}
      </Listing>
      <Gallery
        connectors={connectors}
        taken={owned.data?.map(({ connector }) => connector) ?? []}
        onAdd={mayChange ? ask : null}
      />
      {mayChange && add !== undefined && known.length > 0 ? (
        <AddKey
          connectors={known}
          first={known.find(({ id }) => id === add)}
          onClose={() => {
            ask(undefined)
          }}
        />
      ) : null}
    </SettingsPage>
  )
}
