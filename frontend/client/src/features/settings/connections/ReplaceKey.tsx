import { type Connection, connections, type Connector, keys } from '@keyreel/api'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { sentenceOf } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { ConnectorFacts } from './ConnectorFacts'
import { KeyField } from './KeyField'
import { placeOf } from './refusals'
import { useTalk } from './useTalk'
import { Verdict } from './Verdict'

/** Puts another key in the place of the present one, and tries it. */
export function ReplaceKey({
  connection,
  connector,
  onClose,
}: {
  connection: Connection
  connector: Connector | undefined
  onClose: () => void
}) {
  const { t } = useTranslation('settings')
  const talk = useTalk()
  const [filled, setFilled] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const test = useAct(connections.test, { quiet: true, refreshes: [keys.connections.list] })
  const replace = useAct(() => connections.rotate(connection.id, field.current?.value.trim() ?? ''), {
    quiet: true,
    refreshes: [keys.connections.list],
    onDone: ({ id, state }) => {
      if (state !== 'disabled') test.mutate(id)
      else onClose()
    },
  })
  const place = placeOf(replace.error)
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={t('connections.replaceOf', { name: connection.name })}
      description={replace.isSuccess ? undefined : t('connections.replaceDetail')}
      submit={t('connections.replaceAndTest')}
      ready={filled}
      pending={replace.isPending || test.isPending}
      error={place === 'form' || place === 'name' ? replace.error : null}
      onSubmit={replace.mutate}
      outcome={
        replace.isSuccess ? (
          <Verdict service={connector?.name ?? connection.name} verdict={test.data} error={test.error} />
        ) : null
      }
    >
      {connector ? <ConnectorFacts connector={connector} /> : null}
      <KeyField
        field={field}
        hint={connector ? talk.keyHint(connector) : ''}
        error={place === 'key' ? sentenceOf(replace.error).title : undefined}
        onFilled={setFilled}
        autoFocus
      />
    </FormDialog>
  )
}
