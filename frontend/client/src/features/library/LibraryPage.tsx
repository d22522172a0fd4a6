import { type Video, videos } from '@keyreel/api'
import { Button, Card, ConfirmDialog, EmptyState } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ArrowLeft, Clapperboard, Plus, SearchX, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { Page } from '@/app/Page'
import { useMay } from '@/app/useSession'
import { useEntries } from './entries'
import { filtersOf, isFiltered } from './filters'
import { RenameDialog } from './RenameDialog'
import { SelectionBar } from './SelectionBar'
import { GridSkeleton, TableSkeleton } from './skeletons'
import { Toolbar } from './Toolbar'
import { leaving, useBulk } from './useBulk'
import { useSelection } from './useSelection'
import { VideoCard } from './VideoCard'
import { VideoTable } from './VideoTable'
import { useView } from './view'

const route = getRouteApi('/studio/library')

/** Every video of the workspace, or with `?trash` those that are about to be deleted. */
export function LibraryPage() {
  const { t } = useTranslation('library')
  const mayMake = useMay('storyboards:write')
  const { trash = false } = route.useSearch()
  return (
    <Page
      title={trash ? t('trash.title') : t('title')}
      detail={trash ? t('trash.detail') : undefined}
      actions={
        trash ? (
          <Button asChild>
            <Link to="/library">
              <ArrowLeft aria-hidden />
              {t('trash.back')}
            </Link>
          </Button>
        ) : (
          <>
            <Button asChild variant="ghost">
              <Link to="/library" search={{ trash: true }}>
                <Trash2 aria-hidden />
                {t('trash.title')}
              </Link>
            </Button>
            {mayMake ? (
              <div className="max-md:hidden">
                <CreateLink />
              </div>
            ) : null}
          </>
        )
      }
    >
      <Toolbar />
      <Videos key={String(trash)} trash={trash} />
    </Page>
  )
}

function CreateLink() {
  const { t } = useTranslation('library')
  return (
    <Button asChild variant="primary">
      <Link to="/create">
        <Plus aria-hidden />
        {t('create')}
      </Link>
    </Button>
  )
}

function Videos({ trash }: { trash: boolean }) {
  const { t } = useTranslation('library')
  const view = useView()
  const bulk = useBulk()
  const gone = leaving(bulk)
  const query = useInfiniteQuery({
    ...videos.list(filtersOf(route.useSearch())),
    select: ({ pages }) => pages.flatMap((page) => page.items).filter(({ id }) => !gone.includes(id)),
  })
  const selection = useSelection(query.data ?? [])
  const [renaming, setRenaming] = useState<Video | null>(null)
  const [purging, setPurging] = useState<Video[]>([])
  const entriesOf = useEntries({ bulk, onRename: setRenaming, onPurge: setPurging })
  return (
    <>
      <Listing
        endless
        query={query}
        empty={<Empty trash={trash} />}
        skeleton={view === 'grid' ? <GridSkeleton /> : <TableSkeleton />}
      >
        {(rows) =>
          view === 'grid' ? (
            <ul className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4 xl:grid-cols-4">
              {rows.map((video) => (
                <li
                  key={video.id}
                  className="min-w-0 [contain-intrinsic-size:auto_16rem] [content-visibility:auto] max-[25rem]:col-span-2"
                >
                  <VideoCard
                    video={video}
                    entries={entriesOf(video)}
                    selected={selection.has(video.id)}
                    selecting={selection.videos.length > 0}
                    onToggle={() => {
                      selection.toggle(video.id)
                    }}
                  />
                </li>
              ))}
            </ul>
          ) : (
            <VideoTable rows={rows} entriesOf={entriesOf} selection={selection} trash={trash} />
          )
        }
      </Listing>
      <SelectionBar selection={selection} trash={trash} bulk={bulk} onPurge={setPurging} />
      {renaming ? (
        <RenameDialog
          video={renaming}
          onClose={() => {
            setRenaming(null)
          }}
        />
      ) : null}
      <ConfirmDialog
        open={purging.length > 0}
        onOpenChange={(open) => {
          if (!open) setPurging([])
        }}
        title={t('purge.title', { count: purging.length, title: purging[0]?.title })}
        description={t('purge.detail')}
        action={t('act.purge')}
        onConfirm={async () => {
          await bulk.mutateAsync({ action: 'purge', ids: purging.map((video) => video.id) })
          selection.clear()
        }}
      />
    </>
  )
}

function Empty({ trash }: { trash: boolean }) {
  const { t } = useTranslation('library')
  const mayMake = useMay('storyboards:write')
  const search = route.useSearch()
  if (isFiltered(search))
    return (
      <Card>
        <EmptyState
          icon={<SearchX />}
          title={t('empty.filtered')}
          detail={t('empty.filteredDetail')}
          action={
            <Button asChild>
              <Link to="/library" search={trash ? { trash } : {}}>
                {t('empty.clear')}
              </Link>
            </Button>
          }
        />
      </Card>
    )
  return (
    <Card>
      {trash ? (
        <EmptyState icon={<Trash2 />} title={t('empty.trash')} detail={t('empty.trashDetail')} />
      ) : (
        <EmptyState
          icon={<Clapperboard />}
          title={t('empty.library')}
          detail={t('empty.libraryDetail')}
          action={mayMake ? <CreateLink /> : undefined}
        />
      )}
    </Card>
  )
}
