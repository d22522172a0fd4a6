import type { Scope } from '@keyreel/api'
import {
  BellRing,
  Building2,
  Cable,
  KeyRound,
  Network,
  ScrollText,
  ShieldCheck,
  UserRound,
  UsersRound,
} from 'lucide-react'

/** The pages of the settings, by whom they concern. `scope`: who may not do it does not see it. */
export const sections = [
  {
    heading: 'you',
    pages: [
      { to: '/settings/profile', label: 'profile.title', icon: UserRound },
      { to: '/settings/security', label: 'security.title', icon: ShieldCheck },
      { to: '/settings/notifications', label: 'notifications.title', icon: BellRing },
    ],
  },
  {
    heading: 'workspace',
    pages: [
      { to: '/settings/workspace', label: 'workspace.title', icon: Building2 },
      { to: '/settings/members', label: 'members.title', icon: UsersRound, scope: 'members:read' },
      { to: '/settings/connections', label: 'connections.title', icon: Cable, scope: 'keys:read' },
      { to: '/settings/api-tokens', label: 'tokens.title', icon: KeyRound, scope: 'tokens:write' },
      { to: '/settings/networks', label: 'networks.title', icon: Network, scope: 'workspace:write' },
      { to: '/settings/audit', label: 'audit.title', icon: ScrollText, scope: 'audit:read' },
    ],
  },
] as const satisfies readonly {
  heading: string
  pages: readonly { scope?: Scope; to: string; label: string; icon: object }[]
}[]
