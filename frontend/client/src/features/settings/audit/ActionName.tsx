import { useTranslation } from 'react-i18next'
import { isKnown } from './entries'

export function ActionName({ action }: { action: string }) {
  const { t } = useTranslation('settings')
  return isKnown(action) ? t(`audit.actions.${action}`) : <code className="font-mono text-xs">{action}</code>
}
