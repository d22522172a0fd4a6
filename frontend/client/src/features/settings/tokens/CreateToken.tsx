import { keys, type Scope, workspace } from '@keyreel/api'
import { Button, ChoiceCards, Field, Select, TextField } from '@keyreel/ui'
import { Clapperboard, Eye, Plus, SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { useFormats } from '@/i18n/format'
import { endOf, lives } from './expiry'
import { NewToken } from './NewToken'
import { ScopePicker } from './ScopePicker'
import { type Preset, presets, scopesOf } from './scopes'

const icons = { make: <Clapperboard />, look: <Eye />, choose: <SlidersHorizontal /> }

/** Names a token, says what it may do and for how long; what was made is shown once, in a dialog of its own. */
export function CreateToken() {
  const { t } = useTranslation('settings')
  const [open, setOpen] = useState(false)
  const create = useAct(workspace.createApiToken, {
    quiet: true,
    secret: true,
    refreshes: [keys.workspace.apiTokens],
    onDone: () => {
      setOpen(false)
    },
  })
  return (
    <>
      <Button
        variant="primary"
        icon={<Plus />}
        onClick={() => {
          create.reset()
          setOpen(true)
        }}
      >
        {t('tokens.create')}
      </Button>
      {open ? <TokenForm create={create} onClose={setOpen} /> : null}
      {create.data ? <NewToken token={create.data} onClose={create.reset} /> : null}
    </>
  )
}

function TokenForm({
  create,
  onClose,
}: {
  create: {
    error: unknown
    isPending: boolean
    mutate: (body: { name: string; scopes: Scope[]; expires_in_days: number }) => void
  }
  onClose: (open: boolean) => void
}) {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const held = useSession().scopes
  const [name, setName] = useState('')
  const [days, setDays] = useState<(typeof lives)[number]>(90)
  const [preset, setPreset] = useState<Preset>('make')
  const [chosen, setChosen] = useState<Scope[]>(() => scopesOf('make', held))
  const scopes = preset === 'choose' ? chosen : scopesOf(preset, held)
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={t('tokens.create')}
      description={t('tokens.createDetail')}
      submit={t('tokens.create')}
      ready={name.trim() !== '' && scopes.length > 0}
      pending={create.isPending}
      error={create.error}
      onSubmit={() => {
        create.mutate({ name: name.trim(), scopes, expires_in_days: days })
      }}
    >
      <div className="flex flex-col gap-4 sm:flex-row">
        <TextField
          label={t('tokens.name')}
          hint={t('tokens.nameHint')}
          className="flex-1"
          value={name}
          maxLength={80}
          autoComplete="off"
          onValue={setName}
        />
        <Field
          label={t('tokens.life')}
          hint={t('tokens.ends', { when: formats.date(endOf(days)) })}
          className="sm:w-44"
        >
          <Select
            value={String(days)}
            onChange={(value) => {
              setDays(lives.find((life) => String(life) === value) ?? 90)
            }}
            options={lives.map((life) => ({
              value: String(life),
              label: t('tokens.days', { count: life }),
            }))}
          />
        </Field>
      </div>
      <div className="flex flex-col gap-2">
        <p className="font-medium">{t('tokens.may')}</p>
        <ChoiceCards
          label={t('tokens.may')}
          className="grid-cols-1 sm:grid-cols-3"
          value={preset}
          onChange={(next) => {
            if (next === 'choose') setChosen(scopes)
            setPreset(next)
          }}
          choices={presets.map((value) => ({
            value,
            icon: icons[value],
            label: t(`tokens.preset.${value}`),
            note: t(`tokens.presetNote.${value}`),
          }))}
        />
        {preset === 'choose' ? <ScopePicker held={held} chosen={chosen} onChange={setChosen} /> : null}
      </div>
    </FormDialog>
  )
}
