import { describe, expect, it } from 'vitest'
import { canBeStopped, highWater, percentOf, railOf, roughly } from './stages'

const statuses = (job: Parameters<typeof railOf>[0]) => railOf(job).map(({ status }) => status)

describe('the stage rail', () => {
  it('shows a queued job with only its script done', () => {
    expect(statuses({ state: 'queued', stage: null })).toEqual([
      'done',
      'waiting',
      'waiting',
      'waiting',
      'waiting',
      'waiting',
    ])
  })

  it('marks the stage that failed and nothing after it', () => {
    expect(statuses({ state: 'failed', stage: 'media' })).toEqual([
      'done',
      'done',
      'failed',
      'waiting',
      'waiting',
      'waiting',
    ])
  })

  it('is done throughout when the film is ready, whatever stage was told last', () => {
    expect(new Set(statuses({ state: 'ready', stage: 'render' }))).toEqual(new Set(['done']))
  })
})

describe('progress', () => {
  it('never goes back while a job runs', () => {
    expect(highWater(0.6, { state: 'rendering', progress: 0.55 })).toBe(0.6)
  })

  it('begins anew when a failed job is tried again', () => {
    expect(highWater(0.6, { state: 'queued', progress: 0 })).toBe(0)
  })

  it('says a hundred only when the film is ready', () => {
    expect(percentOf(1, false)).toBe(99)
    expect(percentOf(1, true)).toBe(100)
  })
})

describe('time left', () => {
  it('is as rough as the measure', () => {
    expect(roughly(3)).toEqual({ unit: 'moments' })
    expect(roughly(41)).toEqual({ unit: 'seconds', count: 45 })
    expect(roughly(58)).toEqual({ unit: 'minutes', count: 1 })
    expect(roughly(170)).toEqual({ unit: 'minutes', count: 3 })
    expect(roughly(7_000)).toEqual({ unit: 'hours', count: 2 })
  })
})

describe('stopping', () => {
  it('is offered until the film is finished', () => {
    expect(canBeStopped({ state: 'rendering' })).toBe(true)
    expect(canBeStopped({ state: 'uploading' })).toBe(false)
    expect(canBeStopped({ state: 'failed' })).toBe(false)
  })
})
