/** The parts of `storyboard/1` that this page reads and changes; everything else is kept as it is. */
interface Narration {
  text: string
  src?: string | null
}

interface Overlay {
  type: 'text' | 'image'
  text?: string
}

interface Visual {
  type: 'stock' | 'generate' | 'upload' | 'image' | 'video' | 'color' | 'gradient'
  src?: string | null
  color?: string
  colors?: string[]
  angle?: number
}

interface BoardScene {
  id: string
  duration?: 'auto' | number
  narration?: Narration | null
  visual: Visual
  overlays?: Overlay[]
}

interface BoardDocument {
  language?: string
  voice?: object | null
  captions?: { style?: string }
  scenes: BoardScene[]
}

/** What becomes of the words of a scene: spoken, shown as captions, both; `recorded`: the author's own voice stays. */
export type Fate = 'spokenAndShown' | 'spoken' | 'shown' | 'recorded'

export interface SceneText {
  id: string
  words: string
  fate: Fate
  /** Texts that stand on the picture, each with its place among the overlays. */
  titles: { index: number; text: string }[]
  /** Fixed seconds; null when the words decide. */
  seconds: number | null
  visual: Visual
}

type Document = Record<string, unknown>

/** The server keeps nothing that is no storyboard, so its documents have this shape. */
const board = (document: Document) => document as unknown as BoardDocument

export function languageOf(document: Document): string {
  return board(document).language ?? 'en'
}

export function scenesOf(document: Document): SceneText[] {
  const { scenes, voice, captions } = board(document)
  const spoken = voice !== undefined && voice !== null
  const shown = (captions?.style ?? 'highlight') !== 'none'
  return scenes.map((scene) => ({
    id: scene.id,
    words: scene.narration?.text ?? '',
    fate: scene.narration?.src ? 'recorded' : !spoken ? 'shown' : shown ? 'spokenAndShown' : 'spoken',
    titles: (scene.overlays ?? []).flatMap((overlay, index) =>
      overlay.type === 'text' ? [{ index, text: overlay.text ?? '' }] : [],
    ),
    seconds: typeof scene.duration === 'number' ? scene.duration : null,
    visual: scene.visual,
  }))
}

/** The document with one scene's words and titles replaced; the one given stays as it was. */
export function withSceneText(
  document: Document,
  id: string,
  { words, titles }: Pick<SceneText, 'words' | 'titles'>,
): Document {
  const scenes = board(document).scenes.map((scene) => {
    if (scene.id !== id) return scene
    const texts = new Map(titles.map(({ index, text }) => [index, text]))
    return {
      ...scene,
      ...(words === (scene.narration?.text ?? '') ? {} : { narration: { ...scene.narration, text: words } }),
      ...(scene.overlays && {
        overlays: scene.overlays.map((overlay, index) => ({
          ...overlay,
          ...(texts.has(index) ? { text: texts.get(index) } : {}),
        })),
      }),
    }
  })
  return { ...document, scenes }
}
