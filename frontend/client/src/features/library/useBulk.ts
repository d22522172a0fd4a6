import { keys, videos } from '@keyreel/api'
import { toast } from '@keyreel/ui'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { failureSentence } from '@/app/problems'

export type BulkAction = Parameters<typeof videos.bulk>[0]['action']

/** The most videos that one call takes. */
const MOST = 100

const REMOVING: readonly BulkAction[] = ['trash', 'restore', 'purge']

interface Act {
  action: BulkAction
  ids: string[]
}

async function run({ action, ids }: Act) {
  const items = []
  for (let first = 0; first < ids.length; first += MOST)
    items.push(...(await videos.bulk({ action, ids: ids.slice(first, first + MOST) })).items)
  return items
}

/** One act on some videos, each for itself: what was refused is said, and why. */
export function useBulk() {
  const { t } = useTranslation('library')
  const cache = useQueryClient()
  const bulk = useMutation({
    mutationFn: run,
    onSuccess: (items, { action }) => {
      const done = items.filter((item) => item.done).map((item) => item.id)
      const refused = items.find((item) => !item.done)
      if (refused)
        toast({
          tone: 'danger',
          title: t('bulk.refused', { count: items.length - done.length }),
          detail: failureSentence({ code: refused.code ?? '', detail: refused.detail ?? '' }),
        })
      if (done.length > 0)
        toast({
          title: t(`bulk.done.${action}`, { count: done.length }),
          ...(action === 'trash' && {
            onUndo: () => {
              bulk.mutate({ action: 'restore', ids: done })
            },
          }),
        })
    },
    onSettled: () => cache.invalidateQueries({ queryKey: keys.videos.all }),
  })
  return bulk
}

/** The videos that are about to leave the list: they are not shown any more, whatever is read meanwhile. */
export function leaving({ isPending, variables }: ReturnType<typeof useBulk>): readonly string[] {
  return isPending && REMOVING.includes(variables.action) ? variables.ids : []
}
