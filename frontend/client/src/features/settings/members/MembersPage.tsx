import { workspace } from '@keyreel/api'
import { Card, EmptyState } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { UsersRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { useMay } from '@/app/useSession'
import { SettingsPage } from '../SettingsPage'
import { Invitations } from './Invitations'
import { InviteMember } from './InviteMember'
import { MemberRow } from './MemberRow'
import { isOnlyOwner } from './roles'

export function MembersPage() {
  const { t } = useTranslation('settings')
  const mayChange = useMay('members:write')
  const members = useInfiniteQuery(workspace.members())
  return (
    <SettingsPage
      title={t('members.title')}
      detail={t('members.detail')}
      actions={mayChange ? <InviteMember /> : null}
    >
      <Card>
        <Listing query={members} empty={<EmptyState icon={<UsersRound />} title={t('members.empty')} />}>
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((member) => (
                <MemberRow
                  key={member.id}
                  member={member}
                  mayChange={mayChange}
                  onlyOwner={isOnlyOwner(member, rows, !members.hasNextPage)}
                />
              ))}
            </ul>
          )}
        </Listing>
      </Card>
      {mayChange ? <Invitations /> : null}
    </SettingsPage>
  )
}
