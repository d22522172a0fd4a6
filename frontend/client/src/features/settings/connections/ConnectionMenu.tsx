import { type Connection, connections, type Connector, keys } from '@keyreel/api'
import { ConfirmDialog, IconButton, Menu } from '@keyreel/ui'
import { Ellipsis, ExternalLink, Pencil, Power, PowerOff, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { RenameConnection } from './RenameConnection'
import { ReplaceKey } from './ReplaceKey'

/** What can be done with a key besides testing it. */
export function ConnectionMenu({
  connection,
  connector,
}: {
  connection: Connection
  connector: Connector | undefined
}) {
  const { t } = useTranslation(['settings', 'common'])
  const [asking, setAsking] = useState<'replace' | 'rename' | 'remove' | null>(null)
  const disabled = connection.state === 'disabled'
  const refreshes = [keys.connections.list]
  const switchTo = useAct((enabled: boolean) => connections.change(connection.id, { enabled }), {
    done: (_connection, enabled) =>
      t(enabled ? 'connections.switchedOn' : 'connections.switchedOff', { name: connection.name }),
    refreshes,
  })
  const remove = useAct(() => connections.remove(connection.id), {
    done: t('connections.removed', { name: connection.name }),
    refreshes,
  })

  function close() {
    setAsking(null)
  }

  return (
    <>
      <Menu
        trigger={
          <IconButton label={t('connections.options', { name: connection.name })} size="icon-sm">
            <Ellipsis />
          </IconButton>
        }
        entries={[
          {
            icon: <RefreshCw />,
            label: t('connections.replace'),
            onSelect: () => {
              setAsking('replace')
            },
          },
          {
            icon: <Pencil />,
            label: t('connections.rename'),
            onSelect: () => {
              setAsking('rename')
            },
          },
          {
            icon: disabled ? <Power /> : <PowerOff />,
            label: t(disabled ? 'connections.switchOn' : 'connections.switchOff'),
            onSelect: () => {
              switchTo.mutate(disabled)
            },
          },
          ...(connector?.key_page
            ? [
                {
                  key: 'page',
                  link: (
                    <a href={connector.key_page} target="_blank" rel="noreferrer">
                      <ExternalLink aria-hidden />
                      {t('connections.keyPage', { service: connector.name })}
                    </a>
                  ),
                },
              ]
            : []),
          'separator',
          {
            icon: <Trash2 />,
            label: t('common:act.remove'),
            danger: true,
            onSelect: () => {
              setAsking('remove')
            },
          },
        ]}
      />
      {asking === 'replace' ? (
        <ReplaceKey connection={connection} connector={connector} onClose={close} />
      ) : null}
      {asking === 'rename' ? <RenameConnection connection={connection} onClose={close} /> : null}
      <ConfirmDialog
        open={asking === 'remove'}
        onOpenChange={close}
        title={t('connections.removeQuestion', { name: connection.name })}
        description={t('connections.removeWarning')}
        action={t('common:act.remove')}
        onConfirm={() => remove.mutateAsync()}
      />
    </>
  )
}
