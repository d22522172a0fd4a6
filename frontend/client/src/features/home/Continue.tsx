import type { Video } from '@keyreel/api'
import { Badge, Card, ProgressBar } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { FilePen, PencilLine } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readDraft } from '@/app/createDraft'
import { useMay, useSession } from '@/app/useSession'
import { VideoLink } from '@/app/video/VideoLink'
import { useFormats } from '@/i18n/format'
import { Heading } from './Heading'

/** Drafts shown at once; the library has the rest. */
const DRAFTS = 3

/** What was begun: running jobs, drafts, and the text somebody was writing. */
export function Continue({ running, drafts }: { running: readonly Video[]; drafts: readonly Video[] }) {
  const { t } = useTranslation('home')
  const formats = useFormats()
  const { user, workspace } = useSession()
  const may = useMay('jobs:write')
  const [draft] = useState(() => readDraft({ userId: user.id, workspaceId: workspace.id }))
  const written = draft.text.trim()
  // Begun but refused: its storyboard and the text still being written are one and the same to their author.
  const others = drafts.filter(({ id }) => id !== draft.begun?.storyboardId)
  if (running.length + others.length === 0 && !(written && may)) return null
  return (
    <section aria-labelledby="continue">
      <Heading id="continue">{t('continue.title')}</Heading>
      <ul className="grid gap-3 sm:grid-cols-2">
        {running.map((video) => (
          <Item
            key={video.id}
            link={
              <Link
                to={video.job_id ? '/jobs/$jobId' : '/videos/$videoId'}
                params={video.job_id ? { jobId: video.job_id } : { videoId: video.id }}
                className="after:absolute after:inset-0"
              >
                {video.title}
              </Link>
            }
          >
            <div className="flex items-center justify-between gap-3 text-ink-muted">
              <span>{t(`continue.state.${video.status}`)}</span>
              <span className="figures">{formats.percent(Math.min(0.99, video.progress))}</span>
            </div>
            <ProgressBar
              className="mt-2"
              value={video.status === 'queued' || video.status === 'reserving' ? null : video.progress}
              label={t('continue.progress', { title: video.title })}
            />
          </Item>
        ))}
        {written && may ? (
          <Item
            link={
              <Link to="/create" className="after:absolute after:inset-0">
                {written.replace(/^#+\s*/, '').split('\n')[0]}
              </Link>
            }
          >
            <Badge icon={<PencilLine />}>{t('continue.writing')}</Badge>
          </Item>
        ) : null}
        {others.slice(0, DRAFTS).map((video) => (
          <Item key={video.id} link={<VideoLink video={video} className="after:absolute after:inset-0" />}>
            <div className="flex items-center gap-2">
              <Badge icon={<FilePen />}>{t('continue.draft')}</Badge>
              <span className="text-xs text-ink-muted">{formats.relative(video.updated_at)}</span>
            </div>
          </Item>
        ))}
      </ul>
    </section>
  )
}

function Item({ link, children }: { link: ReactNode; children: ReactNode }) {
  return (
    <li className="min-w-0">
      <Card className="relative h-full p-4 transition-colors hover:border-line-strong hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-focus">
        <p className="mb-2 truncate font-medium">{link}</p>
        {children}
      </Card>
    </li>
  )
}
