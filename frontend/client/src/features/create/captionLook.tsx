import type { CSSProperties } from 'react'
import type { CaptionStyle } from './choices'

/** The film's own colours and measures, as the renderer draws captions: not the app's, and the same in any theme. */
const FILL = '#ffffff'
const ACTIVE = '#ffcc00'
const ON_ACTIVE = '#000000'
const STROKE = '0.08em #000000'

const outlined: CSSProperties = { WebkitTextStroke: STROKE, paintOrder: 'stroke fill', color: FILL }

function wordStyle(style: CaptionStyle, index: number, active: number): CSSProperties {
  const current = index === active
  switch (style) {
    case 'highlight':
      return current ? { ...outlined, color: ACTIVE } : outlined
    case 'karaoke':
      return index <= active ? { ...outlined, color: ACTIVE } : outlined
    case 'box':
      return current
        ? {
            background: ACTIVE,
            color: ON_ACTIVE,
            borderRadius: '0.2em',
            padding: '0 0.17em',
            margin: '0 -0.17em',
          }
        : outlined
    case 'pop':
      if (index > active) return { visibility: 'hidden' }
      return current ? { ...outlined, transform: 'scale(1.14)' } : outlined
    case 'typewriter':
      return index > active ? { visibility: 'hidden' } : outlined
    case 'block':
    case 'none':
      return outlined
  }
}

/** Words as captions show them while the word at `active` is spoken. Size and place are the frame's. */
export function CaptionWords({
  words,
  style,
  active,
}: {
  words: readonly string[]
  style: CaptionStyle
  active: number
}) {
  if (style === 'none') return null
  return (
    <span className="flex flex-wrap justify-center gap-x-[0.28em] leading-[1.3] font-extrabold">
      {words.map((word, index) => (
        <span key={index} className="inline-block" style={wordStyle(style, index, active)}>
          {style === 'typewriter' && index === active ? <Written word={word} /> : word}
        </span>
      ))}
    </span>
  )
}

/** The first half of a word, the rest keeping its place. */
function Written({ word }: { word: string }) {
  const letters = [...word]
  const half = Math.ceil(letters.length / 2)
  return (
    <>
      {letters.slice(0, half).join('')}
      <span className="invisible">{letters.slice(half).join('')}</span>
    </>
  )
}
