import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import type { JobBody, JobView } from '../schema'
import { client } from '../studio'
import { keys } from './keys'
import { pagesOf } from './pages'

/** Runs of a storyboard towards a film. Live events keep what is cached up to date. */
export const jobs = {
  list: (filters: { state?: JobView['state']; storyboard_id?: string } = {}) =>
    pagesOf(keys.jobs.list(filters), (query, signal) =>
      bodyOf(client.GET('/api/v1/jobs', { params: { query: { ...filters, ...query } }, signal })),
    ),
  detail: (job_id: string) =>
    queryOptions({
      queryKey: keys.jobs.detail(job_id),
      queryFn: ({ signal }) =>
        bodyOf(client.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id } }, signal })),
    }),

  /** One key an act of the person: the same key again starts nothing twice. */
  start: (body: JobBody, idempotencyKey: string) =>
    bodyOf(client.POST('/api/v1/jobs', { params: { header: { 'Idempotency-Key': idempotencyKey } }, body })),
  cancel: (job_id: string) =>
    bodyOf(client.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id } } })),
  retry: (job_id: string) =>
    bodyOf(client.POST('/api/v1/jobs/{job_id}/retry', { params: { path: { job_id } } })),
}
