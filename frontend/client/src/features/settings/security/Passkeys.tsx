import { account, keys, type Passkey } from '@keyreel/api'
import { Button, ConfirmDialog, Dialog, Field, IconButton, Input } from '@keyreel/ui'
import { Trash2 } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
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
  const form = useId()
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
    <Dialog
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
      footer={
        <Button type="submit" form={form} variant="primary" pending={add.isPending} disabled={!name.trim()}>
          {t('common:act.continue')}
        </Button>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate(name.trim())
        }}
      >
        {dismissed ? null : <ProblemCallout error={add.error} />}
        <Field label={t('security.passkeys.name')} hint={t('security.passkeys.nameHint')}>
          <Input
            value={name}
            maxLength={60}
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
