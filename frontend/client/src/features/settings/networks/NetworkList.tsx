import type { Networks } from '@keyreel/api'
import { IconButton } from '@keyreel/ui'
import { Globe, Network as NetworkIcon, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { NetworkChange } from './useNetworkChange'

export function NetworkList({ known, change }: { known: Networks; change: NetworkChange }) {
  const { t } = useTranslation('settings')
  if (known.networks.length === 0)
    return (
      <p className="mt-5 flex items-start gap-2.5 border-t border-line pt-4 text-ink-muted">
        <Globe className="mt-0.5 size-4 shrink-0" aria-hidden />
        {t('networks.empty')}
      </p>
    )
  return (
    <ul className="-mx-5 mt-5 -mb-5 divide-y divide-line border-t border-line">
      {known.networks.map((network) => (
        <li key={network} className="flex items-center gap-3 py-2 pr-3 pl-5">
          <NetworkIcon className="size-4 shrink-0 text-ink-muted" aria-hidden />
          <code className="min-w-0 flex-1 font-mono break-all">{network}</code>
          <IconButton
            label={t('networks.remove', { network })}
            size="icon-sm"
            disabled={change.save.isPending}
            onClick={() => {
              change.save.mutate({ networks: known.networks.filter((other) => other !== network) })
            }}
          >
            <Trash2 />
          </IconButton>
        </li>
      ))}
    </ul>
  )
}
