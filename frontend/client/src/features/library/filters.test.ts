import { describe, expect, it } from 'vitest'
import { daysUntil, filtersOf, isFiltered } from './filters'

describe('filtersOf', () => {
  it('asks for nothing in particular when the address says nothing', () => {
    expect(filtersOf({})).toEqual({})
  })

  it('asks for every state of a job under way', () => {
    expect(filtersOf({ status: 'working' }).status).toEqual([
      'reserving',
      'queued',
      'fetching',
      'rendering',
      'uploading',
    ])
  })

  it('hands on what else the address says', () => {
    expect(
      filtersOf({ query: 'tea', status: 'failed', review: 'pending', sort: 'title', trash: true }),
    ).toEqual({ query: 'tea', status: ['failed'], review: ['pending'], sort: 'title', trashed: true })
  })
})

describe('isFiltered', () => {
  it('is not so by an order or by the trash', () => {
    expect(isFiltered({ sort: 'title', trash: true })).toBe(false)
    expect(isFiltered({ review: 'pending' })).toBe(true)
  })
})

describe('daysUntil', () => {
  const now = new Date('2026-03-01T12:00:00Z')

  it('counts the day that has begun', () => {
    expect(daysUntil('2026-03-31T11:00:00Z', now)).toBe(30)
    expect(daysUntil('2026-03-01T12:00:01Z', now)).toBe(1)
  })

  it('is 0 for what is over', () => {
    expect(daysUntil('2026-02-20T00:00:00Z', now)).toBe(0)
  })
})
