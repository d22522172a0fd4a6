import { describe, expect, it } from 'vitest'
import { scenesOf, withSceneText } from './document'

const document = {
  version: 'storyboard/1',
  voice: { connector: 'speech-offline' },
  captions: { style: 'highlight' },
  scenes: [
    {
      id: 'a',
      narration: { text: 'Tea is old.', padEnd: 1.8 },
      visual: { type: 'color', color: '#000000' },
      overlays: [
        { type: 'image', src: 'asset:1' },
        { type: 'text', text: 'Tea', x: 0.5 },
      ],
      transition: { type: 'fade', duration: 0.4 },
    },
    { id: 'b', duration: 3, visual: { type: 'upload', src: 'asset:2' } },
  ],
}

describe('scenesOf', () => {
  it('finds the words, the titles on the picture and the fixed length of each scene', () => {
    const [first, second] = scenesOf(document)
    expect(first).toMatchObject({ words: 'Tea is old.', titles: [{ index: 1, text: 'Tea' }], seconds: null })
    expect(second).toMatchObject({ words: '', titles: [], seconds: 3 })
  })

  it.each([
    [{}, 'spokenAndShown'],
    [{ captions: { style: 'none' } }, 'spoken'],
    [{ voice: null }, 'shown'],
    [{ captions: undefined }, 'spokenAndShown'],
    [{ scenes: [{ id: 'a', narration: { text: 'x', src: 'asset:9' }, visual: {} }] }, 'recorded'],
  ])('knows what becomes of the words with %o', (change, fate) => {
    expect(scenesOf({ ...document, ...change })[0]?.fate).toBe(fate)
  })
})

describe('withSceneText', () => {
  it('changes the words of one scene and nothing beside them', () => {
    const changed = withSceneText(document, 'a', {
      words: 'Tea is very old.',
      titles: [{ index: 1, text: 'Tea' }],
    })
    expect(changed).toEqual({
      ...document,
      scenes: [
        { ...document.scenes[0], narration: { text: 'Tea is very old.', padEnd: 1.8 } },
        document.scenes[1],
      ],
    })
    expect(document.scenes[0]?.narration?.text).toBe('Tea is old.')
  })

  it('changes a title in its place and leaves a picture beside it', () => {
    const changed = withSceneText(document, 'a', {
      words: 'Tea is old.',
      titles: [{ index: 1, text: 'Coffee' }],
    })
    expect(scenesOf(changed)[0]?.titles).toEqual([{ index: 1, text: 'Coffee' }])
    expect((changed.scenes as typeof document.scenes)[0]?.overlays?.[0]).toEqual({
      type: 'image',
      src: 'asset:1',
    })
  })

  it('gives no words to a scene that had none and gets none', () => {
    const changed = withSceneText(document, 'b', { words: '', titles: [] })
    expect(changed).toEqual(document)
  })
})
