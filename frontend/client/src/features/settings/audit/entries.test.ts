import { describe, expect, it } from 'vitest'
import { changesOf, partsOf } from './entries'

describe('an entry of the audit log', () => {
  it('shows what changed, from what to what', () => {
    const changes = changesOf({ before: { role: 'viewer' }, after: { role: 'owner' } })
    expect(changes).toEqual([{ name: 'role', before: 'viewer', after: 'owner' }])
  })

  it('leaves out what stayed the same', () => {
    const changes = changesOf({
      before: { name: 'A', networks: ['10.0.0.0/8'] },
      after: { name: 'B', networks: ['10.0.0.0/8'] },
    })
    expect(changes.map(({ name }) => name)).toEqual(['name'])
  })

  it('tells an emptied list from a field that is not there', () => {
    const [networks, forced] = changesOf({
      before: { networks: ['10.0.0.0/8'] },
      after: { networks: [], forced: false },
    })
    expect(networks).toEqual({ name: 'networks', before: '10.0.0.0/8', after: '–' })
    expect(forced).toEqual({ name: 'forced', before: null, after: 'false' })
  })

  it('reads who it was, whatever the name holds', () => {
    expect(partsOf('user:01a2:b')).toEqual(['user', '01a2:b'])
    expect(partsOf('studio')).toEqual(['', 'studio'])
  })
})
