import { type Call, connections } from '@keyreel/api'
import { Card } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'

const builtIn = ['speech-offline', 'music-offline', 'script-offline', 'samples'] as const

function isBuiltIn(connector: string): connector is (typeof builtIn)[number] {
  return (builtIn as readonly string[]).includes(connector)
}

/** Every call that was made for this run and what it cost; folded, for those who ask. */
export function CallLog({ calls }: { calls: readonly Call[] }) {
  const { t } = useTranslation('progress')
  const formats = useFormats()
  const connectors = useQuery({
    ...connections.connectors(),
    enabled: calls.some((call) => !isBuiltIn(call.connector)),
  })
  if (calls.length === 0) return null
  const cost = calls.reduce((sum, call) => sum + call.cost_micros, 0) / 1_000_000
  return (
    <Card>
      <details className="group">
        <summary className="flex min-h-11 cursor-pointer list-none items-center gap-2 rounded-lg px-5 py-3 font-medium [&::-webkit-details-marker]:hidden">
          <ChevronRight
            className="size-4 text-ink-faint transition-transform group-open:rotate-90"
            aria-hidden
          />
          <span className="flex-1">
            {t('calls.title', { count: calls.length, number: formats.number(calls.length) })}
          </span>
          <span className="text-ink-muted figures">
            {cost === 0 ? t('calls.free') : formats.money(cost, 'USD')}
          </span>
        </summary>
        <ul className="border-t border-line px-5 py-2">
          {calls.map((call, index) => (
            <li key={index} className="flex items-baseline justify-between gap-3 py-1.5">
              <span className="min-w-0 truncate">
                {isBuiltIn(call.connector)
                  ? t(`calls.${call.connector}`)
                  : (connectors.data?.find(({ id }) => id === call.connector)?.name ?? call.connector)}
                {call.scene ? <span className="text-ink-muted"> · {call.scene}</span> : null}
              </span>
              <span className="shrink-0 text-xs text-ink-muted figures">
                {t(`calls.outcome.${call.outcome}`)}
                {call.outcome === 'cached'
                  ? null
                  : ` · ${t('calls.seconds', { seconds: formats.number(Math.round(call.milliseconds / 100) / 10) })}`}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </Card>
  )
}
