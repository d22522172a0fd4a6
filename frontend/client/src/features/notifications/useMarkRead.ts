import { keys } from '@keyreel/api'
import { useAct } from '@/app/useAct'

/** Marks one or all as read and brings the bell up to date. */
export function useMarkRead<Input>(work: (input: Input) => Promise<unknown>) {
  return useAct(work, { refreshes: [keys.notifications.all] })
}
