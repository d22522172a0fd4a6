import { type Connector, type KeyVerdict } from '@keyreel/api'
import { useTranslation } from 'react-i18next'
import { currentLanguage } from '@/i18n'
import { isAbility } from './abilities'

const HINTED = [
  'anthropic',
  'deepgram',
  'elevenlabs',
  'freesound',
  'gemini',
  'jamendo',
  'openai',
  'openai-compatible',
  'pexels',
  'pixabay',
  'stability',
  'unsplash',
] as const

function isHinted(id: string): id is (typeof HINTED)[number] {
  return (HINTED as readonly string[]).includes(id)
}

/** What is said of connectors. The studio speaks English; what it says of a kind of thing has its own words elsewhere. */
export function useTalk() {
  const { t } = useTranslation('settings')
  const english = currentLanguage() === 'en'
  return {
    ability: (name: string): string => (isAbility(name) ? t(`connections.ability.${name}`) : name),
    keyHint: (connector: Connector): string =>
      isHinted(connector.id) ? t(`connections.keyHint.${connector.id}`) : connector.key_hint,
    /** In English the studio's own sentence, which can say why no answer came. */
    verdict: (verdict: KeyVerdict, name: string): string =>
      english ? verdict.detail : t(`connections.verdict.${verdict.outcome}`, { name }),
  }
}
