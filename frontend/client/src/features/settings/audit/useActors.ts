import { workspace } from '@keyreel/api'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMay, useSession } from '@/app/useSession'
import { partsOf } from './entries'

/** Names for who did it. The log keeps ids only: who has left the workspace, and what was revoked, has no name any more. */
export function useActors(): (actor: string) => string {
  const { t } = useTranslation('settings')
  const { user } = useSession()
  const members = useInfiniteQuery({ ...workspace.members(), enabled: useMay('members:read') })
  const tokens = useInfiniteQuery({ ...workspace.apiTokens(), enabled: useMay('tokens:write') })
  return (actor) => {
    const [kind, id] = partsOf(actor)
    switch (kind) {
      case 'user':
        if (id === user.id) return t('audit.you')
        return members.data?.find((member) => member.id === id)?.name ?? t('audit.formerMember')
      case 'token':
        return t('audit.token', {
          name: tokens.data?.find((token) => token.id === id)?.name ?? t('audit.revokedToken'),
        })
      case 'operator':
        return t('audit.operator')
      default:
        return t('audit.studio')
    }
  }
}
