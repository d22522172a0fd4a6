import { type FromText, jobs, keys, storyboards } from '@keyreel/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'

interface Begun {
  request: string
  storyboardId: string
  idempotencyKey: string
}

/** `randomUUID` is not there on pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

/**
 * Makes the storyboard, then starts its job. Pressed again after a refusal or a lost answer, the same request goes on
 * with the storyboard and the key it had: no second draft, no second job.
 */
export function useCreateVideo() {
  const cache = useQueryClient()
  const begun = useRef<Begun | null>(null)
  return useMutation({
    mutationFn: async (request: FromText) => {
      const said = JSON.stringify(request)
      if (begun.current?.request !== said) {
        const board = await storyboards.fromText(request)
        begun.current = { request: said, storyboardId: board.id, idempotencyKey: newKey() }
      }
      return jobs.start({ storyboard_id: begun.current.storyboardId }, begun.current.idempotencyKey)
    },
    meta: { quiet: true },
    onSuccess: (job) => {
      cache.setQueryData(keys.jobs.detail(job.id), job)
      void cache.invalidateQueries({ queryKey: keys.videos.lists })
      void cache.invalidateQueries({ queryKey: keys.jobs.lists })
      void cache.invalidateQueries({ queryKey: keys.billing.quotas })
    },
  })
}
