import { describe, expect, it } from 'vitest'
import { librarySearch, usageSearch, videoSearch } from './search'

describe('librarySearch', () => {
  it('keeps what the library knows', () => {
    const search = { query: 'tea', status: 'working', review: 'rejected', sort: '-bytes', trash: true }
    expect(librarySearch(search)).toEqual(search)
  })

  it('drops what it does not know', () => {
    expect(
      librarySearch({ query: '', status: 'lost', review: 7, sort: 'colour', trash: 'yes', x: 1 }),
    ).toEqual({})
  })

  it('takes a number that was searched for as the text it is', () => {
    expect(librarySearch({ query: 2026 })).toEqual({ query: '2026' })
  })
})

describe('videoSearch and usageSearch', () => {
  it('drop what has the wrong shape', () => {
    expect(videoSearch({ film: 3, share: 'true' })).toEqual({})
    expect(usageSearch({ days: '30' })).toEqual({})
    expect(usageSearch({ days: 90 })).toEqual({ days: 90 })
  })
})
