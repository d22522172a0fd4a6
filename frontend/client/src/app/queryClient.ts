import { ApiError, asApiError } from '@keyreel/api'
import { toast } from '@keyreel/ui'
import { MutationCache, QueryClient } from '@tanstack/react-query'
import { sentenceOf } from './problems'

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: {
      /** The page shows the failure itself: no toast. */
      quiet?: boolean
    }
  }
}

/** Live events keep what is shown fresh, so an answer is good for a minute; failures that may pass are tried again. */
export const queryClient = new QueryClient({
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (mutation.meta?.quiet) return
      toast({ tone: 'danger', ...sentenceOf(error) })
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      retry: (failures, error) => failures < 2 && asApiError(error).retryable,
      retryDelay: (attempt, error) => {
        const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0
        return Math.max(asked, Math.random() * 1000 * 2 ** attempt)
      },
    },
  },
})
