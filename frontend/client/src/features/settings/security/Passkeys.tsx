import { account, keys, type Passkey } from '@keyreel/api'
import { Button, ConfirmDialog, IconButton, TextField } from '@keyreel/ui'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { useAct } from '@/app/useAct'
import { useFormats } from '@/i18n/format'

const canMake =
  typeof PublicKeyCredential !== 'undefined' && 'parseCreationOptionsFromJSON' in PublicKeyCredential

async function makePasskey(name: string): Promise<Passkey> {
  const { challenge_id, options } = await account.passkeyChallenge()
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
      options as unknown as PublicKeyCredentialCreationOptionsJSON,
    ),
  })
  if (!(credential instanceof PublicKeyCredential))
    throw new DOMException('no passkey was made', 'NotAllowedError')
  return account.addPasskey({ challenge_id, name, credential: { ...credential.toJSON() } })
}

export function AddPasskey() {
  const { t } = useTranslation(['settings', 'common'])
  const [open, setOpen] = useState(false)
  const [name, setName] = useState('')
  const add = useAct(makePasskey, {
    quiet: true,
    done: t('security.passkeys.added'),
    refreshes: [keys.account.factors],
    onDone: () => {
      setOpen(false)
    },
  })
  const dismissed = add.error instanceof DOMException
  if (!canMake) return <p className="text-xs text-ink-muted">{t('security.passkeys.unsupported')}</p>
  return (
    <FormDialog
      size="sm"
      open={open}
      onOpenChange={(next) => {
        setOpen(next)
        setName('')
        add.reset()
      }}
      trigger={<Button>{t('security.passkeys.add')}</Button>}
      title={t('security.passkeys.add')}
      description={t('security.passkeys.addDetail')}
      submit={t('common:act.continue')}
      ready={name.trim() !== ''}
      pending={add.isPending}
      error={dismissed ? null : add.error}
      onSubmit={() => {
        add.mutate(name.trim())
      }}
    >
      <TextField
        label={t('security.passkeys.name')}
        hint={t('security.passkeys.nameHint')}
        value={name}
        maxLength={60}
        autoComplete="off"
        onValue={setName}
      />
    </FormDialog>
  )
}

export function PasskeyList({ passkeys }: { passkeys: readonly Passkey[] }) {
  const { t } = useTranslation(['settings', 'common'])
  const formats = useFormats()
  const remove = useAct(account.removePasskey, {
    done: t('security.passkeys.removed'),
    refreshes: [keys.account.factors],
  })
  if (passkeys.length === 0) return null
  return (
    <ul className="mt-3 rounded-md border border-line sm:ml-13">
      {passkeys.map((passkey) => (
        <li
          key={passkey.id}
          className="flex items-center justify-between gap-3 border-b border-line py-2 pr-2 pl-3.5 last:border-b-0"
        >
          <div className="min-w-0">
            <p className="truncate font-medium">{passkey.name}</p>
            <p className="text-xs text-ink-muted">
              {passkey.last_used_at
                ? t('security.passkeys.used', { when: formats.relative(passkey.last_used_at) })
                : t('security.passkeys.neverUsed', { when: formats.date(passkey.created_at) })}
            </p>
          </div>
          <ConfirmDialog
            trigger={
              <IconButton label={t('security.passkeys.remove', { name: passkey.name })} size="icon-sm">
                <Trash2 />
              </IconButton>
            }
            title={t('security.passkeys.removeQuestion', { name: passkey.name })}
            description={t('security.passkeys.removeWarning')}
            action={t('common:act.remove')}
            onConfirm={() => remove.mutateAsync(passkey.id)}
          />
        </li>
      ))}
    </ul>
  )
}
