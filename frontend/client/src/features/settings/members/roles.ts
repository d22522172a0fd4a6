import type { Member, Role } from '@keyreel/api'
import { Clapperboard, Crown, Eye, ListChecks } from 'lucide-react'

/** From the most to the least one may do. */
export const roles = ['owner', 'editor', 'reviewer', 'viewer'] as const satisfies readonly Role[]

export const roleIcons = { owner: Crown, editor: Clapperboard, reviewer: ListChecks, viewer: Eye }

/** Whether this member is the one owner a workspace must have. `complete`: all members are known. */
export function isOnlyOwner(member: Member, members: readonly Member[], complete: boolean): boolean {
  return (
    member.role === 'owner' &&
    complete &&
    !members.some((other) => other.role === 'owner' && other.id !== member.id)
  )
}
