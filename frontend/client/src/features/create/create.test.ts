import { describe, expect, it } from 'vitest'
import { lastChoices, rememberChoices, usual } from './choices'
import { countWords, guess } from './estimate'

function storage(initial: string | null) {
  let value = initial
  return {
    getItem: () => value,
    setItem: (_name: string, next: string) => {
      value = next
    },
  }
}

describe('remembered choices', () => {
  it('come back for the next video', () => {
    const here = storage(null)
    rememberChoices({ ...usual, aspect: '9:16', mood: 'none' }, here)
    expect(lastChoices(here)).toEqual({ ...usual, aspect: '9:16', mood: 'none' })
  })

  it.each(['nonsense', 'null', '{"aspect":"3:1","voice":7}'])(
    'fall back to the usual where %s was kept',
    (kept) => {
      expect(lastChoices(storage(kept))).toEqual(usual)
    },
  )
})

describe('the length of a text', () => {
  it('is counted in words of any script', () => {
    expect(countWords('Tea, hot — and black.')).toBe(4)
    expect(countWords('今日はお茶を飲みます')).toBeGreaterThan(2)
    expect(countWords('… – 🙂')).toBe(0)
  })

  it('is nothing for no words, however many pictures there are', () => {
    expect(guess(0, 9).seconds).toBe(0)
  })

  it('grows by the pictures no words are left for', () => {
    const few = guess(26, 1)
    const many = guess(26, few.scenes + 2)
    expect(many.scenes).toBe(few.scenes + 2)
    expect(many.seconds).toBe(few.seconds + 6)
  })
})
