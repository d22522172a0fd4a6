/** What the page shows of a scene. */
export interface SceneLook {
  id: string
  /** Its first words, `''` for a silent one. */
  words: string
  /** A bundled picture's address, an upload's id, or neither. */
  sample: string | null
  asset: string | null
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The scenes of a storyboard document, which is kept as it was written and so read with care. */
export function scenesOf(document: unknown): SceneLook[] {
  const scenes = memberOf(document, 'scenes')
  if (!Array.isArray(scenes)) return []
  return scenes.map((scene: unknown, index) => {
    const source = textOf(memberOf(memberOf(scene, 'visual'), 'src'))
    const [kind, name] = source.split(':', 2)
    return {
      id: textOf(memberOf(scene, 'id')) || String(index + 1),
      words: textOf(memberOf(memberOf(scene, 'narration'), 'text')).slice(0, 120),
      sample: kind === 'sample' && name ? `/api/v1/samples/${encodeURIComponent(name)}/file` : null,
      asset: kind === 'asset' && name ? name : null,
    }
  })
}
