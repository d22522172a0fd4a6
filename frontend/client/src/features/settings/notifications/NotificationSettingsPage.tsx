import { keys, type NotificationKind, notifications, type PreferenceItem } from '@keyreel/api'
import { Card, Loading, Skeleton, Switch } from '@keyreel/ui'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { useMay } from '@/app/useSession'
import { SettingsPage } from '../SettingsPage'

const ways = ['in_app', 'email'] as const

/** It tells that the account is in danger; the studio refuses to switch it off. */
const ALWAYS: NotificationKind = 'session_stolen'

export function NotificationSettingsPage() {
  const { t } = useTranslation('settings')
  const preferences = useQuery(notifications.preferences())
  return (
    <SettingsPage title={t('notifications.title')} detail={t('notifications.detail')}>
      <Card>
        {preferences.isPending ? (
          <Loading className="space-y-5 p-5">
            {[0, 1, 2, 3, 4].map((row) => (
              <Skeleton key={row} className="h-8" />
            ))}
          </Loading>
        ) : preferences.isError ? (
          <ProblemState error={preferences.error} onRetry={() => void preferences.refetch()} />
        ) : (
          <Matrix items={preferences.data.items} />
        )}
      </Card>
    </SettingsPage>
  )
}

interface Preferences {
  items: PreferenceItem[]
}

/** Switches at once and takes it back when the studio refuses. */
function useChoose() {
  const cache = useQueryClient()
  const queryKey = keys.notifications.preferences
  return useMutation({
    mutationFn: (item: PreferenceItem) => notifications.setPreferences([item]),
    onMutate: async (item) => {
      await cache.cancelQueries({ queryKey })
      const before = cache.getQueryData<Preferences>(queryKey)
      cache.setQueryData<Preferences>(
        queryKey,
        (known) => known && { items: known.items.map((other) => (other.kind === item.kind ? item : other)) },
      )
      return before
    },
    onError: (_error, _item, before) => {
      cache.setQueryData(queryKey, before)
    },
  })
}

function Matrix({ items }: Preferences) {
  const { t } = useTranslation('settings')
  const mayChange = useMay('notifications:write')
  const choose = useChoose()
  return (
    <table className="w-full text-left">
      <thead>
        <tr className="border-b border-line text-xs text-ink-muted">
          <th scope="col" className="px-5 py-3 font-medium">
            {t('notifications.kind')}
          </th>
          {ways.map((way) => (
            <th key={way} scope="col" className="w-20 px-2 py-3 text-center font-medium last:pr-5 sm:w-28">
              {t(`notifications.way.${way}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {items.map((item) => (
          <tr key={item.kind}>
            <th scope="row" className="px-5 py-3.5 font-normal">
              <span className="font-medium">{t(`notifications.kinds.${item.kind}`)}</span>
              <span className="block text-xs text-ink-muted">
                {t(`notifications.kindDetails.${item.kind}`)}
              </span>
            </th>
            {ways.map((way) => (
              <td key={way} className="px-2 py-3.5 last:pr-5">
                <Switch
                  className="justify-center"
                  hideLabel
                  label={t('notifications.cell', {
                    kind: t(`notifications.kinds.${item.kind}`),
                    way: t(`notifications.way.${way}`),
                  })}
                  checked={item[way]}
                  disabled={item.kind === ALWAYS || !mayChange}
                  onChange={(on) => {
                    choose.mutate({ ...item, [way]: on })
                  }}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
