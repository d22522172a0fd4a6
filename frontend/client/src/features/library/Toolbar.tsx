import { Input, Segmented, Select } from '@keyreel/ui'
import { getRouteApi } from '@tanstack/react-router'
import { LayoutGrid, Rows3, Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type LibrarySearch, libraryReviews, librarySorts, libraryStatuses } from '@/app/routes/search'
import { chooseView, useView } from './view'

const route = getRouteApi('/studio/library')
const ANY = 'any' as const
/** How long typing rests before the list is asked for, milliseconds. */
const REST = 250

/** Search, filters and order, all kept in the address; and the view, kept in this browser. */
export function Toolbar() {
  const { t } = useTranslation(['library', 'common'])
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const view = useView()
  function change(wanted: Partial<LibrarySearch>) {
    void navigate({ search: (before) => ({ ...before, ...wanted }), replace: true })
  }
  return (
    <div role="search" className="mb-5 flex flex-wrap items-center gap-2">
      <SearchField
        key={search.trash ? 'trash' : 'library'}
        query={search.query ?? ''}
        onChange={(query) => {
          change({ query: query || undefined })
        }}
      />
      {search.trash ? null : (
        <>
          <Select
            aria-label={t('filter.status')}
            className="min-w-36 flex-1 sm:w-40 sm:flex-none"
            value={search.status ?? ANY}
            onChange={(status) => {
              change({ status: status === ANY ? undefined : status })
            }}
            options={([ANY, ...libraryStatuses] as const).map((value) => ({
              value,
              label: t(`status.${value}`),
            }))}
          />
          <Select
            aria-label={t('filter.review')}
            className="min-w-36 flex-1 sm:w-40 sm:flex-none"
            value={search.review ?? ANY}
            onChange={(review) => {
              change({ review: review === ANY ? undefined : review })
            }}
            options={[
              { value: ANY, label: t('review.any') },
              ...libraryReviews.map((value) => ({ value, label: t(`common:video.review.${value}`) })),
            ]}
          />
          <Select
            aria-label={t('filter.sort')}
            className="min-w-36 flex-1 sm:w-44 sm:flex-none"
            value={search.sort ?? '-created_at'}
            onChange={(sort) => {
              change({ sort: sort === '-created_at' ? undefined : sort })
            }}
            options={librarySorts.map((value) => ({ value, label: t(`sort.${value}`) }))}
          />
        </>
      )}
      <Segmented
        label={t('view.label')}
        value={view}
        onChange={chooseView}
        choices={[
          { value: 'grid', label: <span className="sr-only">{t('view.grid')}</span>, icon: <LayoutGrid /> },
          { value: 'table', label: <span className="sr-only">{t('view.table')}</span>, icon: <Rows3 /> },
        ]}
      />
    </div>
  )
}

function SearchField({ query, onChange }: { query: string; onChange: (query: string) => void }) {
  const { t } = useTranslation('library')
  const [typed, setTyped] = useState(query)
  const [sent, setSent] = useState(query)
  const [seen, setSeen] = useState(query)
  if (seen !== query) {
    setSeen(query)
    // Not what was typed here: the back button, "clear filters".
    if (query !== sent) {
      setSent(query)
      setTyped(query)
    }
  }
  useEffect(() => {
    const wanted = typed.trim()
    if (wanted === sent) return
    const timer = setTimeout(() => {
      setSent(wanted)
      onChange(wanted)
    }, REST)
    return () => {
      clearTimeout(timer)
    }
  })
  return (
    <div className="w-full sm:min-w-52 sm:flex-1">
      <Input
        type="search"
        aria-label={t('filter.query')}
        placeholder={t('filter.query')}
        leading={<Search />}
        maxLength={200}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
        }}
      />
    </div>
  )
}
