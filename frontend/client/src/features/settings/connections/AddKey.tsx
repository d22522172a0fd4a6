import { connections, type Connector, keys } from '@keyreel/api'
import { Field, Input, Select, TextField } from '@keyreel/ui'
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

/** Takes a key, seals it, and asks its provider at once whether it works. */
export function AddKey({
  connectors,
  first,
  onClose,
}: {
  connectors: readonly Connector[]
  first: Connector | undefined
  onClose: () => void
}) {
  const { t } = useTranslation(['settings', 'common'])
  const talk = useTalk()
  const [connector, setConnector] = useState(first)
  const [name, setName] = useState('')
  const [address, setAddress] = useState('')
  const [filled, setFilled] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const test = useAct(connections.test, { quiet: true, refreshes: [keys.connections.list] })
  const add = useAct(
    async ({ id, takes_base_url }: Connector) =>
      connections.add({
        connector: id,
        key: field.current?.value.trim() ?? '',
        name: name.trim() || null,
        base_url: takes_base_url ? address.trim() : null,
      }),
    {
      quiet: true,
      refreshes: [keys.connections.list],
      onDone: ({ id }) => {
        test.mutate(id)
      },
    },
  )
  const place = placeOf(add.error)
  const refusal = place === null ? undefined : sentenceOf(add.error).title
  const ready = connector !== undefined && filled && (!connector.takes_base_url || address.trim() !== '')
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={add.isSuccess ? t('connections.added', { name: add.data.name }) : t('connections.add')}
      description={add.isSuccess ? undefined : t('connections.addDetail')}
      submit={t('connections.addAndTest')}
      ready={ready}
      pending={add.isPending || test.isPending}
      error={place === 'form' ? add.error : null}
      onSubmit={() => {
        if (connector) add.mutate(connector)
      }}
      outcome={
        add.isSuccess && connector ? (
          <Verdict service={connector.name} verdict={test.data} error={test.error} />
        ) : null
      }
    >
      <Field label={t('connections.service')}>
        <Select
          value={connector?.id}
          placeholder={t('connections.choose')}
          onChange={(id) => {
            setConnector(connectors.find((one) => one.id === id))
            add.reset()
          }}
          options={connectors.map((one) => ({
            value: one.id,
            label: one.name,
            note: one.unlocks.map(talk.ability).join(', '),
          }))}
        />
      </Field>
      {connector ? (
        <>
          <ConnectorFacts connector={connector} />
          {connector.takes_base_url ? (
            <Field
              label={t('connections.address')}
              hint={t('connections.addressHint')}
              error={place === 'base_url' ? refusal : undefined}
            >
              <Input
                type="url"
                value={address}
                maxLength={500}
                autoComplete="off"
                placeholder="https://llm.example.com/v1"
                className="font-mono"
                onChange={(event) => {
                  setAddress(event.target.value)
                }}
              />
            </Field>
          ) : null}
          <KeyField
            key={connector.id}
            field={field}
            hint={talk.keyHint(connector)}
            error={place === 'key' ? refusal : undefined}
            onFilled={setFilled}
            autoFocus={!connector.takes_base_url}
          />
          <TextField
            label={t('connections.name')}
            aside={t('common:optional')}
            hint={t('connections.nameHint')}
            error={place === 'name' ? refusal : undefined}
            value={name}
            maxLength={80}
            autoComplete="off"
            placeholder={connector.name}
            onValue={setName}
          />
        </>
      ) : null}
    </FormDialog>
  )
}
