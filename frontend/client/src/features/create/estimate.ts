/** A calm narrator, pauses included: the pace the studio times unspoken words with. */
const WORDS_PER_SECOND = 2.6
/** The music rings out after the last word, seconds. */
const RING_OUT = 1.8
/** A scene is cut to about this, and a picture no words are left for is shown for half of it, seconds. */
const SCENE = 6
const SILENT = 3

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Words of any script: Chinese and Thai have no spaces between theirs. */
export function countWords(text: string): number {
  let words = 0
  for (const segment of segmenter.segment(text)) if (segment.isWordLike) words++
  return words
}

export interface Guess {
  words: number
  scenes: number
  seconds: number
}

/** What a text with so many own pictures will come to, before the studio has looked at it. */
export function guess(words: number, pictures: number): Guess {
  if (words === 0) return { words, scenes: 0, seconds: 0 }
  const spoken = words / WORDS_PER_SECOND
  const scenes = Math.max(1, Math.round(spoken / SCENE))
  const silent = Math.max(0, pictures - scenes)
  return { words, scenes: scenes + silent, seconds: spoken + RING_OUT + silent * SILENT }
}
