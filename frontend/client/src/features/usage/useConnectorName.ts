import { connections } from '@keyreel/api'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMay } from '@/app/useSession'

const builtIn = ['music-offline', 'speech-offline'] as const

/** What a connector is called: ours in the reader's language, others by their own name. */
export function useConnectorName(): (id: string) => string {
  const { t } = useTranslation('usage')
  const mayRead = useMay('keys:read')
  const connectors = useQuery({ ...connections.connectors(), enabled: mayRead })
  return (id) => {
    const ours = builtIn.find((name) => name === id)
    return ours ? t(`connector.${ours}`) : (connectors.data?.find((one) => one.id === id)?.name ?? id)
  }
}
