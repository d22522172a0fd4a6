import type { Video } from '@keyreel/api'
import { useState } from 'react'

export interface Selection {
  /** Those of the selected videos that are still in the list. */
  videos: Video[]
  has: (id: string) => boolean
  toggle: (id: string) => void
  all: () => void
  clear: () => void
}

export function useSelection(rows: readonly Video[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  return {
    videos: rows.filter((row) => ids.has(row.id)),
    has: (id) => ids.has(id),
    toggle: (id) => {
      const next = new Set(ids)
      if (!next.delete(id)) next.add(id)
      setIds(next)
    },
    all: () => {
      setIds(new Set(rows.map((row) => row.id)))
    },
    clear: () => {
      setIds(new Set())
    },
  }
}
