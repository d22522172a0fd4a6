import type { Scope } from '@keyreel/api'

type Subject = Scope extends `${infer Name}:${string}` ? Name : never

/** The scopes by what they are about, in the order they are offered. */
export const subjects = {
  videos: ['videos:read', 'videos:write', 'videos:review', 'videos:share'],
  storyboards: ['storyboards:read', 'storyboards:write'],
  assets: ['assets:read', 'assets:write'],
  jobs: ['jobs:read', 'jobs:write'],
  usage: ['usage:read'],
  keys: ['keys:read', 'keys:write'],
  members: ['members:read', 'members:write'],
  notifications: ['notifications:read', 'notifications:write'],
  billing: ['billing:read', 'billing:write'],
  workspace: ['workspace:write'],
  tokens: ['tokens:write'],
  audit: ['audit:read'],
  operator: ['operator:tenants', 'operator:plans', 'operator:jobs', 'operator:events', 'operator:audit'],
} as const satisfies Record<Subject, readonly Scope[]>

export type SubjectName = keyof typeof subjects

/** What a program that makes videos needs, and nothing that manages the workspace. */
const making: readonly Scope[] = [
  ...subjects.videos,
  ...subjects.storyboards,
  ...subjects.assets,
  ...subjects.jobs,
  'usage:read',
]

const looking: readonly Scope[] = making.filter((scope) => scope.endsWith(':read'))

export const presets = ['make', 'look', 'choose'] as const
export type Preset = (typeof presets)[number]

/** The scopes of a preset that the person holds: a token never has more than its maker. */
export function scopesOf(preset: Preset, held: readonly Scope[]): Scope[] {
  const wanted: readonly Scope[] = { make: making, look: looking, choose: [] }[preset]
  return held.filter((scope) => wanted.includes(scope))
}

/** Scopes by subject, without the subjects of which there are none. */
export function bySubject(held: readonly Scope[]): [SubjectName, Scope[]][] {
  return (Object.keys(subjects) as SubjectName[])
    .map((name): [SubjectName, Scope[]] => [
      name,
      (subjects[name] as readonly Scope[]).filter((scope) => held.includes(scope)),
    ])
    .filter(([, scopes]) => scopes.length > 0)
}

/** "write" of "videos:write". */
export function actOf<S extends Scope>(scope: S): S extends `${string}:${infer Act}` ? Act : never {
  return scope.slice(scope.indexOf(':') + 1) as never
}
