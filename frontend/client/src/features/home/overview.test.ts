import type { Quotas, Video } from '@keyreel/api'
import { describe, expect, it } from 'vitest'
import { overviewOf, partOfDay, tightQuotas } from './overview'

const NOW = new Date('2026-05-20T10:00:00Z')

function video(id: string, about: Partial<Video>): Video {
  return { id, status: 'ready', film_version: null, updated_at: NOW.toISOString(), ...about } as Video
}

const ids = (videos: Video[]) => videos.map(({ id }) => id)

describe('the overview', () => {
  it('puts a finished film that is being made again under both', () => {
    const seen = overviewOf([video('a', { status: 'rendering', film_version: 2 })], NOW)
    expect([ids(seen.running), ids(seen.recent)]).toEqual([['a'], ['a']])
  })

  it('tells of failures while they are news', () => {
    const old = new Date('2026-05-01T10:00:00Z').toISOString()
    const seen = overviewOf(
      [video('new', { status: 'failed' }), video('old', { status: 'failed', updated_at: old })],
      NOW,
    )
    expect(ids(seen.failed)).toEqual(['new'])
  })

  it('takes for a draft only what has no film', () => {
    const seen = overviewOf(
      [video('draft', { status: 'draft' }), video('edited', { status: 'draft', film_version: 1 })],
      NOW,
    )
    expect(ids(seen.drafts)).toEqual(['draft'])
  })
})

describe('tight quotas', () => {
  it('counts what running jobs have reserved', () => {
    const quotas = {
      items: [
        { quota: 'videos', limit: 10, used: 7, reserved: 1 },
        { quota: 'render_seconds', limit: 3600, used: 3600, reserved: 0 },
        { quota: 'concurrent_jobs', limit: 1, used: 1, reserved: 0 },
        { quota: 'storage_bytes', limit: null, used: 10, reserved: 0 },
      ],
    } as Quotas
    expect(tightQuotas(quotas).map(({ quota, full }) => [quota.quota, full])).toEqual([
      ['videos', false],
      ['render_seconds', true],
    ])
  })
})

describe('the greeting', () => {
  it('follows the clock', () => {
    expect([4, 5, 11, 12, 17, 18].map(partOfDay)).toEqual([
      'evening',
      'morning',
      'morning',
      'afternoon',
      'afternoon',
      'evening',
    ])
  })
})
