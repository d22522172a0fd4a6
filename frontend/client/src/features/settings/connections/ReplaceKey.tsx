import { type Connection, connections, type Connector, keys } from '@keyreel/api'
import { Button, Dialog } from '@keyreel/ui'
import { useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout, sentenceOf } from '@/app/problems'
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
  const { t } = useTranslation(['settings', 'common'])
  const talk = useTalk()
  const form = useId()
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
    <Dialog
      open
      onOpenChange={onClose}
      title={t('connections.replaceOf', { name: connection.name })}
      description={replace.isSuccess ? undefined : t('connections.replaceDetail')}
      footer={
        replace.isSuccess ? (
          <Button variant="primary" disabled={test.isPending} onClick={onClose}>
            {t('common:act.close')}
          </Button>
        ) : (
          <Button type="submit" form={form} variant="primary" pending={replace.isPending} disabled={!filled}>
            {t('connections.replaceAndTest')}
          </Button>
        )
      }
    >
      {replace.isSuccess ? (
        <Verdict service={connector?.name ?? connection.name} verdict={test.data} error={test.error} />
      ) : (
        <form
          id={form}
          autoComplete="off"
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            replace.mutate()
          }}
        >
          <ProblemCallout error={place === 'form' || place === 'name' ? replace.error : null} />
          {connector ? <ConnectorFacts connector={connector} /> : null}
          <KeyField
            field={field}
            hint={connector ? talk.keyHint(connector) : ''}
            error={place === 'key' ? sentenceOf(replace.error).title : undefined}
            onFilled={setFilled}
            autoFocus
          />
        </form>
      )}
    </Dialog>
  )
}
