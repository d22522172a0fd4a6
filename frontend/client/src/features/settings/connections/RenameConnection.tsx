import { type Connection, connections, keys } from '@keyreel/api'
import { Button, Dialog, Field, Input } from '@keyreel/ui'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'

export function RenameConnection({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common'])
  const form = useId()
  const [name, setName] = useState(connection.name)
  const rename = useAct((next: string) => connections.change(connection.id, { name: next }), {
    quiet: true,
    done: t('common:saved'),
    refreshes: [keys.connections.list],
    onDone: onClose,
  })
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={onClose}
      title={t('connections.rename')}
      footer={
        <Button
          type="submit"
          form={form}
          variant="primary"
          pending={rename.isPending}
          disabled={!name.trim() || name.trim() === connection.name}
        >
          {t('common:act.save')}
        </Button>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          rename.mutate(name.trim())
        }}
      >
        <ProblemCallout error={rename.error} />
        <Field label={t('connections.name')}>
          <Input
            value={name}
            maxLength={80}
            autoComplete="off"
            onChange={(event) => {
              setName(event.target.value)
            }}
          />
        </Field>
      </form>
    </Dialog>
  )
}
