import { beforeEach, describe, expect, it } from 'vitest'
import { dropDraft, keepDraft, readDraft } from './createDraft'

const ada = { userId: 'ada', workspaceId: 'engine' }
const begun = { request: '{}', storyboardId: 's', idempotencyKey: 'k' }

beforeEach(() => {
  localStorage.clear()
})

describe('the draft of a video', () => {
  it('is kept apart for each person and workspace', () => {
    keepDraft(ada, { text: 'Tea' })
    expect(readDraft({ ...ada, workspaceId: 'other' }).text).toBe('')
    expect(readDraft(ada).text).toBe('Tea')
  })

  it('keeps what was begun while its text goes on', () => {
    keepDraft(ada, { text: 'Tea', begun })
    keepDraft(ada, { text: 'Tea and milk' })
    expect(readDraft(ada)).toMatchObject({ text: 'Tea and milk', begun })
  })

  it('is gone when nothing is left in it, or when it has become a video', () => {
    keepDraft(ada, { text: 'Tea', begun })
    keepDraft(ada, { text: '  ' })
    expect(localStorage).toHaveLength(0)
    keepDraft(ada, { text: 'Tea' })
    dropDraft(ada)
    expect(localStorage).toHaveLength(0)
  })

  it('survives half a value', () => {
    keepDraft(ada, { text: 'Tea' })
    localStorage.setItem(localStorage.key(0) ?? '', '{"text":')
    expect(readDraft(ada).text).toBe('')
  })
})
