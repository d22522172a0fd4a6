import { workspace } from '@keyreel/api'
import { Badge, Loading, Section, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Globe, LockKeyhole } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { SettingsPage } from '../SettingsPage'
import { AddNetwork } from './AddNetwork'
import { LockOutDialog } from './LockOutDialog'
import { NetworkList } from './NetworkList'
import { useNetworkChange } from './useNetworkChange'

/** From where the workspace may be used at all. */
export function NetworksPage() {
  const { t } = useTranslation('settings')
  const networks = useQuery(workspace.networks())
  const change = useNetworkChange()
  const limited = (networks.data?.networks.length ?? 0) > 0
  return (
    <SettingsPage title={t('networks.title')} detail={t('networks.detail')}>
      <Section
        title={t('networks.allowed')}
        detail={t('networks.allowedDetail')}
        aside={
          networks.data === undefined ? null : limited ? (
            <Badge tone="success" icon={<LockKeyhole />}>
              {t('networks.limited')}
            </Badge>
          ) : (
            <Badge icon={<Globe />}>{t('networks.everywhere')}</Badge>
          )
        }
      >
        {networks.isPending ? (
          <Loading className="space-y-4">
            <Skeleton className="h-9" />
            <Skeleton className="h-20" />
          </Loading>
        ) : networks.isError ? (
          <ProblemState error={networks.error} onRetry={() => void networks.refetch()} />
        ) : (
          <>
            <AddNetwork key={networks.data.networks.join()} known={networks.data} change={change} />
            <NetworkList known={networks.data} change={change} />
          </>
        )}
      </Section>
      {networks.data ? <LockOutDialog yourAddress={networks.data.your_address} change={change} /> : null}
    </SettingsPage>
  )
}
