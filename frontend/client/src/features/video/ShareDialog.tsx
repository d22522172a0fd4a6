import { keys, type Share, type Video, videos } from '@keyreel/api'
import { Button, ConfirmDialog, CopyButton, Dialog, Field, Input, Select } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { useFormats } from '@/i18n/format'

/** How long a link can be good for, hours. */
const lives = ['24', '168', '720', '8760'] as const
type Life = (typeof lives)[number]

/** Links for people without an account: make one, see those that hold, take one back. */
export function ShareDialog({ video, onClose }: { video: Video; onClose: () => void }) {
  const { t } = useTranslation('video')
  const formats = useFormats()
  const [life, setLife] = useState<Life>('168')
  const shares = useInfiniteQuery(videos.shares(video.id))
  const share = useAct(() => videos.share(video.id, Number(life)), {
    refreshes: [keys.videos.shares(video.id)],
    quiet: true,
  })
  // A link that was withdrawn again is not offered any more.
  const made = shares.data?.some((one) => one.id === share.data?.id) ? share.data : undefined
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={t('share.title')}
      description={t('share.detail')}
    >
      <div className="flex flex-col gap-5">
        <ProblemCallout error={share.error} />
        <div className="flex flex-wrap items-end gap-2">
          <Field label={t('share.life')} className="flex-1 basis-40">
            <Select
              value={life}
              onChange={setLife}
              options={lives.map((value) => ({ value, label: t(`share.lives.${value}`) }))}
            />
          </Field>
          <Button
            variant="primary"
            pending={share.isPending}
            onClick={() => {
              share.mutate()
            }}
          >
            {t('share.create')}
          </Button>
        </div>
        {made ? (
          <Field label={t('share.link')} hint={t('share.once', { date: formats.dateTime(made.expires_at) })}>
            <div className="flex gap-2">
              <Input
                readOnly
                value={made.url}
                className="font-mono text-xs"
                onFocus={(event) => {
                  event.target.select()
                }}
              />
              <CopyButton text={made.url}>{t('share.copy')}</CopyButton>
            </div>
          </Field>
        ) : null}
        <section>
          <h3 className="mb-2 font-medium">{t('share.existing')}</h3>
          <Listing query={shares} empty={<p className="text-ink-muted">{t('share.none')}</p>}>
            {(rows) => (
              <ul className="divide-y divide-line rounded-md border border-line">
                {rows.map((row) => (
                  <ShareRow key={row.id} share={row} videoId={video.id} />
                ))}
              </ul>
            )}
          </Listing>
        </section>
      </div>
    </Dialog>
  )
}

function ShareRow({ share, videoId }: { share: Share; videoId: string }) {
  const { t } = useTranslation('video')
  const formats = useFormats()
  const withdraw = useAct(() => videos.withdrawShare(videoId, share.id), {
    done: t('share.withdrawn'),
    refreshes: [keys.videos.shares(videoId)],
  })
  const over = new Date(share.expires_at) <= new Date()
  return (
    <li className="flex items-center gap-3 px-3 py-2.5">
      <div className="min-w-0 flex-1">
        <p className={over ? 'text-ink-muted' : undefined}>
          {over
            ? t('share.ended', { date: formats.date(share.expires_at) })
            : t('share.until', { date: formats.dateTime(share.expires_at) })}
        </p>
        <p className="text-xs text-ink-muted">
          {t('share.opened', { count: share.opened, when: formats.relative(share.created_at) })}
        </p>
      </div>
      {over ? null : (
        <ConfirmDialog
          trigger={
            <Button size="sm" variant="danger-quiet">
              {t('share.withdraw')}
            </Button>
          }
          title={t('share.question')}
          description={t('share.warning')}
          action={t('share.withdraw')}
          onConfirm={() => withdraw.mutateAsync()}
        />
      )}
    </li>
  )
}
