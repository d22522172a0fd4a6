import type { FromText } from '@keyreel/api'

export const aspects = ['16:9', '9:16', '1:1', '4:5'] as const
/** Keys of the texts: a colon would end a key's namespace. */
export const shapeOf = { '16:9': 'wide', '9:16': 'tall', '1:1': 'square', '4:5': 'portrait' } as const
export const captionStyles = ['highlight', 'karaoke', 'box', 'pop', 'typewriter', 'block', 'none'] as const
export const moods = ['warm', 'calm', 'upbeat', 'cinematic', 'focus', 'playful', 'none'] as const
export const voices = ['warm', 'clear', 'soft', 'bright'] as const
/** Those people ask for most, by their own names; `auto` finds out about some more. */
export const languages = [
  'auto',
  'en',
  'fr',
  'de',
  'es',
  'it',
  'pt',
  'nl',
  'pl',
  'sv',
  'tr',
  'uk',
  'ar',
  'hi',
] as const

export type Aspect = (typeof aspects)[number]
export type CaptionStyle = (typeof captionStyles)[number]
export type Mood = (typeof moods)[number]
export type VoiceStyle = (typeof voices)[number]
export type FilmLanguage = (typeof languages)[number]

/** How the film looks and sounds: what is remembered from one video to the next. */
export interface Choices {
  aspect: Aspect
  language: FilmLanguage
  voice: VoiceStyle
  captionStyle: CaptionStyle
  mood: Mood
}

export const usual: Choices = {
  aspect: '16:9',
  language: 'auto',
  voice: 'warm',
  captionStyle: 'highlight',
  mood: 'warm',
}

const STORED = 'keyreel.create.choices'

function oneOf<Value extends string>(known: readonly Value[], value: unknown, otherwise: Value): Value {
  return known.find((candidate) => candidate === value) ?? otherwise
}

/** The choices of the last video made in this browser; what an update took away falls back to the usual. */
export function lastChoices(storage: Pick<Storage, 'getItem'> = localStorage): Choices {
  let stored: Partial<Record<keyof Choices, unknown>> = {}
  try {
    stored = (JSON.parse(storage.getItem(STORED) ?? '{}') ?? {}) as typeof stored
  } catch {
    // Not ours or half a value: the usual will do.
  }
  return {
    aspect: oneOf(aspects, stored.aspect, usual.aspect),
    language: oneOf(languages, stored.language, usual.language),
    voice: oneOf(voices, stored.voice, usual.voice),
    captionStyle: oneOf(captionStyles, stored.captionStyle, usual.captionStyle),
    mood: oneOf(moods, stored.mood, usual.mood),
  }
}

export function rememberChoices(choices: Choices, storage: Pick<Storage, 'setItem'> = localStorage): void {
  storage.setItem(STORED, JSON.stringify(choices))
}

/** The request that makes the storyboard. */
export function requestOf(text: string, title: string, choices: Choices, assets: string[]): FromText {
  return {
    text,
    title: title.trim() || null,
    aspect: choices.aspect,
    language: choices.language,
    voice: choices.voice,
    caption_style: choices.captionStyle,
    mood: choices.mood,
    assets,
  }
}
