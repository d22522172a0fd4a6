import type { Member, Role } from '@keyreel/api'
import { describe, expect, it } from 'vitest'
import { isOnlyOwner } from './roles'

function member(id: string, role: Role): Member {
  return { id, role, name: id, email: `${id}@example.com`, joined_at: '2026-01-01T00:00:00Z' }
}

describe('isOnlyOwner', () => {
  const ada = member('ada', 'owner')

  it('holds for an owner among others who are none', () => {
    expect(isOnlyOwner(ada, [ada, member('bob', 'editor')], true)).toBe(true)
  })

  it('does not hold beside a second owner, nor for who is none', () => {
    expect(isOnlyOwner(ada, [ada, member('eve', 'owner')], true)).toBe(false)
    expect(isOnlyOwner(member('bob', 'editor'), [member('bob', 'editor')], true)).toBe(false)
  })

  it('is not claimed while members are unread', () => {
    expect(isOnlyOwner(ada, [ada], false)).toBe(false)
  })
})
