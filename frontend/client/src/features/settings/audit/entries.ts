import type { AuditEntry } from '@keyreel/api'

/** The acts there are words for; a newer one is shown by its name. */
export const actions = [
  'account.deleted',
  'administrator.granted',
  'api_token.created',
  'api_token.revoked',
  'email.changed',
  'factor.added',
  'factor.removed',
  'invitation.withdrawn',
  'key.added',
  'key.disabled',
  'key.enabled',
  'key.refused',
  'key.removed',
  'key.rotated',
  'member.invited',
  'member.joined',
  'member.left',
  'member.removed',
  'member.role_changed',
  'networks.changed',
  'passkey.copied',
  'password.changed',
  'password.reset',
  'plan.granted',
  'recovery_code.used',
  'recovery_codes.renewed',
  'session.stolen',
  'share.created',
  'share.revoked',
  'video.purged',
  'workspace.deleted',
  'workspace.renamed',
] as const
export type Action = (typeof actions)[number]

export function isKnown(action: string): action is Action {
  return (actions as readonly string[]).includes(action)
}

/** `user:<id>` → ['user', '<id>']. */
export function partsOf(name: string): [kind: string, id: string] {
  const colon = name.indexOf(':')
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)]
}

/** What changed, field by field: what was there before, what after. A field that is the same on both sides is left out. */
export function changesOf({ before, after }: Pick<AuditEntry, 'before' | 'after'>) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return names
    .map((name) => ({ name, before: written(before?.[name]), after: written(after?.[name]) }))
    .filter((change) => change.before !== change.after)
}

function written(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.map(String).join(', ') || '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean)
}
