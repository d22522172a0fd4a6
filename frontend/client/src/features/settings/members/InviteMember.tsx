import { asApiError, keys, type Role, workspace } from '@keyreel/api'
import { Button, Field, TextField } from '@keyreel/ui'
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { sentenceOf } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { RoleSelect } from './RoleSelect'

/** Refusals that speak of the address: shown at its field. */
const OF_ADDRESS = new Set(['invalid_email', 'already_member', 'mail_not_accepted'])

export function InviteMember() {
  const { t } = useTranslation('settings')
  const [open, setOpen] = useState(false)
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('editor')
  const invite = useAct(workspace.invite, {
    quiet: true,
    done: ({ email: to }) => t('members.invited', { email: to }),
    refreshes: [keys.workspace.invitations],
    onDone: () => {
      setOpen(false)
    },
  })
  const atField = invite.error !== null && OF_ADDRESS.has(asApiError(invite.error).code)

  return (
    <FormDialog
      open={open}
      size="sm"
      onOpenChange={(next) => {
        setOpen(next)
        setEmail('')
        invite.reset()
      }}
      trigger={
        <Button variant="primary" icon={<UserPlus />}>
          {t('members.invite')}
        </Button>
      }
      title={t('members.inviteTitle')}
      description={t('members.inviteDetail')}
      submit={t('members.sendInvitation')}
      ready={email.trim() !== ''}
      pending={invite.isPending}
      error={atField ? null : invite.error}
      noValidate
      onSubmit={() => {
        invite.mutate({ email: email.trim(), role })
      }}
    >
      <TextField
        label={t('members.email')}
        error={atField ? sentenceOf(invite.error).title : undefined}
        type="email"
        autoComplete="off"
        value={email}
        onValue={setEmail}
      />
      <Field label={t('members.role')} hint={t(`members.may.${role}`)}>
        <RoleSelect value={role} onChange={setRole} />
      </Field>
    </FormDialog>
  )
}
