import type { Job } from '@keyreel/api'

export const stages = ['script', 'voice', 'media', 'captions', 'render', 'store'] as const
export type StageName = (typeof stages)[number]
export type StageStatus = 'done' | 'active' | 'waiting' | 'failed' | 'stopped'

type Known = Pick<Job, 'state' | 'stage' | 'progress' | 'seconds_left'>

export function isWaiting({ state }: Pick<Job, 'state'>): boolean {
  return state === 'reserving' || state === 'queued'
}

export function isWorking({ state }: Pick<Job, 'state'>): boolean {
  return state !== 'ready' && state !== 'failed' && state !== 'cancelled'
}

/** A film that is finished can't be stopped any more. */
export function canBeStopped(job: Pick<Job, 'state'>): boolean {
  return isWorking(job) && job.state !== 'uploading'
}

/** What each stage looks like. The script is written before a job begins, so it is never waited for. */
export function railOf({
  state,
  stage,
}: Pick<Known, 'state' | 'stage'>): { name: StageName; status: StageStatus }[] {
  const at = stage === null ? 1 : stages.indexOf(stage)
  const here: StageStatus =
    state === 'failed' ? 'failed' : state === 'cancelled' ? 'stopped' : stage === null ? 'waiting' : 'active'
  return stages.map((name, index) => ({
    name,
    status: state === 'ready' || index < at ? 'done' : index === at ? here : 'waiting',
  }))
}

/** The most that was ever shown of one try: answers can overtake each other, the bar never goes back. */
export function highWater(before: number, job: Pick<Job, 'state' | 'progress'>): number {
  return isWaiting(job) ? job.progress : Math.max(before, job.progress)
}

/** Whole percent to show: a hundred only when the film is in the library. */
export function percentOf(progress: number, ready: boolean): number {
  return ready ? 100 : Math.min(99, Math.floor(progress * 100))
}

export type Rough = { unit: 'moments' } | { unit: 'seconds' | 'minutes' | 'hours'; count: number }

/** A time left as a person would say it: the measure is no better than that. */
export function roughly(seconds: number): Rough {
  if (seconds < 8) return { unit: 'moments' }
  if (seconds < 55) return { unit: 'seconds', count: Math.ceil(seconds / 5) * 5 }
  if (seconds < 55 * 60) return { unit: 'minutes', count: Math.max(1, Math.round(seconds / 60)) }
  return { unit: 'hours', count: Math.max(1, Math.round(seconds / 3600)) }
}
