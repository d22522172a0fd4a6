import type { Connector } from '@keyreel/api'

/** What a key can add, in the order it is shown; the words of a newer ability are the studio's own. */
export const abilities = [
  'script',
  'image.search',
  'video.search',
  'image.generate',
  'speech',
  'transcribe',
  'music.search',
] as const
export type Ability = (typeof abilities)[number]

export function isAbility(text: string): text is Ability {
  return (abilities as readonly string[]).includes(text)
}

/** Connectors that unlock an ability, or all. */
export function unlocking(connectors: readonly Connector[], ability: Ability | null): Connector[] {
  return connectors.filter((connector) => ability === null || connector.unlocks.includes(ability))
}

/** The abilities that at least one of the connectors unlocks. */
export function abilitiesOf(connectors: readonly Connector[]): Ability[] {
  return abilities.filter((ability) => connectors.some((connector) => connector.unlocks.includes(ability)))
}
