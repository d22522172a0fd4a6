import { type FromText, jobs, keys, storyboards, videos } from '@keyreel/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type Begun, type DraftOwner, keepDraft, readDraft } from '@/app/createDraft'

/** `randomUUID` is not there on pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

async function begin(owner: DraftOwner, request: FromText): Promise<Begun> {
  const said = JSON.stringify(request)
  const before = readDraft(owner).begun
  if (before?.request === said) return before
  const board = await storyboards.fromText(request)
  const begun = { request: said, storyboardId: board.id, idempotencyKey: newKey() }
  keepDraft(owner, { begun })
  // What was refused before and then changed is of no use any more; if it can't go now, it stays a draft in the library.
  if (before !== null) void videos.trash(before.storyboardId).catch(() => null)
  return begun
}

/**
 * Makes the storyboard, then starts its job. Pressed again after a refusal, a lost answer or a reload, the same request
 * goes on with the storyboard and the key it had: no second draft, no second job.
 */
export function useCreateVideo(owner: DraftOwner) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: async (request: FromText) => {
      const begun = await begin(owner, request)
      return jobs.start({ storyboard_id: begun.storyboardId }, begun.idempotencyKey)
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
