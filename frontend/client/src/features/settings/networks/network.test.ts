import { describe, expect, it } from 'vitest'
import { asNetwork } from './network'

describe('asNetwork', () => {
  it('takes a bare address as just that address', () => {
    expect(asNetwork(' 203.0.113.7 ')).toBe('203.0.113.7/32')
    expect(asNetwork('2001:db8::1')).toBe('2001:db8::1/128')
  })

  it('leaves a network as it was typed, for the studio to judge', () => {
    expect(asNetwork('203.0.113.0/24')).toBe('203.0.113.0/24')
    expect(asNetwork('203.0.113.7/24')).toBe('203.0.113.7/24')
  })
})
