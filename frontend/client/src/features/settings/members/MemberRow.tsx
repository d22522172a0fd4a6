import { keys, type Member, type Role, session, workspace } from '@keyreel/api'
import { Avatar, Badge, ConfirmDialog, IconButton, toast } from '@keyreel/ui'
import { UserMinus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { useFormats } from '@/i18n/format'
import { roleIcons } from './roles'
import { RoleSelect } from './RoleSelect'

export function MemberRow({
  member,
  mayChange,
  onlyOwner,
}: {
  member: Member
  mayChange: boolean
  onlyOwner: boolean
}) {
  const { t } = useTranslation(['settings', 'common'])
  const formats = useFormats()
  const isYou = useSession().user.id === member.id
  const Icon = roleIcons[member.role]
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-5 py-4">
      <Avatar name={member.name} className="size-9" />
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex items-center gap-2 font-medium">
          <span className="truncate">{member.name}</span>
          {isYou ? <Badge>{t('members.you')}</Badge> : null}
        </p>
        <p className="truncate text-ink-muted">{member.email}</p>
        <p className="text-xs text-ink-faint">
          {onlyOwner && mayChange
            ? t('members.onlyOwner')
            : t('members.joined', { when: formats.date(member.joined_at) })}
        </p>
      </div>
      {mayChange ? (
        <div className="flex items-center gap-2 max-sm:w-full">
          <MemberRole member={member} isYou={isYou} disabled={onlyOwner} />
          {isYou ? <span className="size-9 max-sm:hidden" /> : <RemoveMember member={member} />}
        </div>
      ) : (
        <Badge icon={<Icon />}>{t(`common:role.${member.role}`)}</Badge>
      )}
    </li>
  )
}

/** Another's role changes at once and can be taken back; your own is asked about, as you may not get it back. */
function MemberRole({ member, isYou, disabled }: { member: Member; isYou: boolean; disabled: boolean }) {
  const { t } = useTranslation(['settings', 'common'])
  const [given, setGiven] = useState<Role | null>(null)
  const change = useAct((role: Role) => workspace.changeRole(member.id, role), {
    refreshes: [keys.workspace.members],
    // What the page may show follows from the new role.
    onDone: async () => (isYou ? session.refresh() : undefined),
  })

  function give(role: Role) {
    change.mutate(role, {
      onSuccess: () => {
        toast({
          title: t('members.roleChanged', { name: member.name, role: t(`common:role.${role}`) }),
          onUndo: isYou
            ? undefined
            : () => {
                change.mutate(member.role)
              },
        })
      },
    })
  }

  return (
    <>
      <RoleSelect
        label={t('members.roleOf', { name: member.name })}
        className="sm:w-40"
        value={change.isPending ? change.variables : member.role}
        disabled={disabled || change.isPending}
        onChange={(role) => {
          if (role === member.role) return
          if (isYou) setGiven(role)
          else give(role)
        }}
      />
      <ConfirmDialog
        open={given !== null}
        onOpenChange={(open) => {
          if (!open) setGiven(null)
        }}
        title={t('members.stepDownQuestion')}
        description={given ? t('members.stepDownWarning', { role: t(`common:role.${given}`) }) : ''}
        action={t('members.stepDown')}
        onConfirm={() => (given ? change.mutateAsync(given) : undefined)}
      />
    </>
  )
}

function RemoveMember({ member }: { member: Member }) {
  const { t } = useTranslation(['settings', 'common'])
  const remove = useAct(workspace.removeMember, {
    done: t('members.removed', { name: member.name }),
    refreshes: [keys.workspace.members, keys.workspace.apiTokens],
  })
  return (
    <ConfirmDialog
      trigger={
        <IconButton label={t('members.remove', { name: member.name })}>
          <UserMinus />
        </IconButton>
      }
      title={t('members.removeQuestion', { name: member.name })}
      description={t('members.removeWarning')}
      action={t('common:act.remove')}
      onConfirm={() => remove.mutateAsync(member.id)}
    />
  )
}
