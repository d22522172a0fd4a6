import type { Scope } from '@keyreel/api'
import { describe, expect, it } from 'vitest'
import { bySubject, scopesOf, subjects } from './scopes'

const editor: Scope[] = ['videos:read', 'videos:write', 'videos:review', 'jobs:read', 'members:read']

describe('what a new token may do', () => {
  it('gives a preset no more than its maker holds', () => {
    expect(scopesOf('make', editor)).toEqual(['videos:read', 'videos:write', 'videos:review', 'jobs:read'])
  })

  it('lets a token that only looks change nothing', () => {
    const held = Object.values(subjects).flat()
    const looking = scopesOf('look', held)
    expect(looking).toContain('videos:read')
    expect(looking.filter((scope) => !scope.endsWith(':read'))).toEqual([])
  })

  it('makes videos without managing the workspace', () => {
    const making = scopesOf('make', Object.values(subjects).flat())
    for (const subject of ['members', 'keys', 'tokens', 'workspace', 'billing', 'audit', 'operator'])
      expect(making.filter((scope) => scope.startsWith(`${subject}:`))).toEqual([])
  })

  it('offers only subjects of which something is held', () => {
    expect(bySubject(editor).map(([subject]) => subject)).toEqual(['videos', 'jobs', 'members'])
    expect(bySubject(editor)[0]?.[1]).toEqual(['videos:read', 'videos:write', 'videos:review'])
  })
})
