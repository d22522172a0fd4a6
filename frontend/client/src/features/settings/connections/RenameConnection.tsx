import { type Connection, connections, keys } from '@keyreel/api'
import { TextField } from '@keyreel/ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { useAct } from '@/app/useAct'

export function RenameConnection({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common'])
  const [name, setName] = useState(connection.name)
  const wanted = name.trim()
  const rename = useAct(() => connections.change(connection.id, { name: wanted }), {
    quiet: true,
    done: t('common:saved'),
    refreshes: [keys.connections.list],
    onDone: onClose,
  })
  return (
    <FormDialog
      open
      size="sm"
      onOpenChange={onClose}
      title={t('connections.rename')}
      submit={t('common:act.save')}
      ready={wanted !== '' && wanted !== connection.name}
      pending={rename.isPending}
      error={rename.error}
      onSubmit={rename.mutate}
    >
      <TextField
        label={t('connections.name')}
        value={name}
        maxLength={80}
        autoComplete="off"
        onValue={setName}
      />
    </FormDialog>
  )
}
