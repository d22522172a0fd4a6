import { type Invitation, keys, workspace } from '@keyreel/api'
import { Button, Section } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Mail } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { useAct } from '@/app/useAct'
import { useFormats } from '@/i18n/format'

/** Whom an answer is awaited from. */
export function Invitations() {
  const { t } = useTranslation('settings')
  const invitations = useInfiniteQuery(workspace.invitations())
  return (
    <Section title={t('members.pending.title')} detail={t('members.pending.detail')}>
      <div className="-mx-5 -mb-5 border-t border-line">
        <Listing
          query={invitations}
          empty={<p className="px-5 py-6 text-center text-ink-muted">{t('members.pending.empty')}</p>}
        >
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((invitation) => (
                <Row key={invitation.id} invitation={invitation} />
              ))}
            </ul>
          )}
        </Listing>
      </div>
    </Section>
  )
}

function Row({ invitation }: { invitation: Invitation }) {
  const { t } = useTranslation(['settings', 'common'])
  const formats = useFormats()
  const withdraw = useAct(workspace.withdrawInvitation, {
    done: t('members.pending.withdrawn', { email: invitation.email }),
    refreshes: [keys.workspace.invitations],
  })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <span
        aria-hidden
        className="flex size-9 shrink-0 items-center justify-center rounded-full border border-line text-ink-muted"
      >
        <Mail className="size-4" />
      </span>
      <div className="min-w-0 flex-1 basis-40">
        <p className="truncate font-medium">{invitation.email}</p>
        <p className="text-xs text-ink-muted">
          {t('members.pending.about', {
            role: t(`common:role.${invitation.role}`),
            when: formats.relative(invitation.expires_at),
          })}
        </p>
      </div>
      <Button
        size="sm"
        className="max-sm:ml-13"
        pending={withdraw.isPending}
        onClick={() => {
          withdraw.mutate(invitation.id)
        }}
      >
        {t('members.pending.withdraw')}
      </Button>
    </li>
  )
}
