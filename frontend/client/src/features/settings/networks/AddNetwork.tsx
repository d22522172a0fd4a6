import type { Networks } from '@keyreel/api'
import { Button, Field, Input } from '@keyreel/ui'
import { MapPin } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sentenceOf } from '@/app/problems'
import { asNetwork, onlyThis } from './network'
import type { NetworkChange } from './useNetworkChange'

/** One more network. Shown anew, empty, for each list that was saved. */
export function AddNetwork({ known, change }: { known: Networks; change: NetworkChange }) {
  const { t } = useTranslation(['settings', 'common'])
  const [typed, setTyped] = useState('')
  const mine = known.your_address === null ? null : onlyThis(known.your_address)

  function add(network: string) {
    change.save.mutate({ networks: [...known.networks, network] })
  }

  return (
    <div className="flex flex-col gap-3">
      <form
        className="flex flex-wrap items-start gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (typed.trim()) add(asNetwork(typed))
        }}
      >
        <Field
          label={t('networks.add')}
          hint={t('networks.addHint')}
          error={change.error ? sentenceOf(change.error).title : undefined}
          className="min-w-0 flex-1 basis-60"
        >
          <Input
            value={typed}
            maxLength={60}
            autoComplete="off"
            spellCheck={false}
            placeholder="203.0.113.0/24"
            className="font-mono"
            onChange={(event) => {
              setTyped(event.target.value)
              change.save.reset()
            }}
          />
        </Field>
        <Button
          type="submit"
          variant="primary"
          className="sm:mt-6.5"
          pending={change.save.isPending}
          disabled={!typed.trim()}
        >
          {t('common:act.add')}
        </Button>
      </form>
      {known.your_address !== null && mine !== null ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg bg-sunken px-3.5 py-2.5">
          <MapPin className="size-4 text-ink-muted" aria-hidden />
          <p className="min-w-0 flex-1 basis-44 text-ink-muted">
            {t('networks.yours')} <code className="font-mono text-ink">{known.your_address}</code>
          </p>
          {known.networks.includes(mine) ? null : (
            <Button
              size="sm"
              disabled={change.save.isPending}
              onClick={() => {
                add(mine)
              }}
            >
              {t('networks.addYours')}
            </Button>
          )}
        </div>
      ) : null}
    </div>
  )
}
