import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import type { FromText, RowsBody } from '../schema'
import { client } from '../studio'
import { keys } from './keys'
import { pagesOf } from './pages'

/** Storyboards: what a film will be. Every save is a new version. */
export const storyboards = {
  list: () =>
    pagesOf(keys.storyboards.lists, (query, signal) =>
      bodyOf(client.GET('/api/v1/storyboards', { params: { query }, signal })),
    ),
  detail: (storyboard_id: string) =>
    queryOptions({
      queryKey: keys.storyboards.detail(storyboard_id),
      queryFn: ({ signal }) =>
        bodyOf(
          client.GET('/api/v1/storyboards/{storyboard_id}', { params: { path: { storyboard_id } }, signal }),
        ),
    }),
  versions: (storyboard_id: string) =>
    pagesOf(keys.storyboards.versions(storyboard_id), (query, signal) =>
      bodyOf(
        client.GET('/api/v1/storyboards/{storyboard_id}/versions', {
          params: { path: { storyboard_id }, query },
          signal,
        }),
      ),
    ),
  /** As it was at a version, which never changes again. */
  version: (storyboard_id: string, version: number) =>
    queryOptions({
      queryKey: keys.storyboards.version(storyboard_id, version),
      queryFn: ({ signal }) =>
        bodyOf(
          client.GET('/api/v1/storyboards/{storyboard_id}/versions/{version}', {
            params: { path: { storyboard_id, version } },
            signal,
          }),
        ),
      staleTime: Infinity,
    }),
  /** `version` only tells estimates of different texts apart; the server estimates the newest. */
  estimate: (storyboard_id: string, version?: number) =>
    queryOptions({
      queryKey: keys.storyboards.estimate(storyboard_id, version),
      queryFn: ({ signal }) =>
        bodyOf(
          client.POST('/api/v1/storyboards/{storyboard_id}/estimate', {
            params: { path: { storyboard_id } },
            signal,
          }),
        ),
    }),

  fromText: (body: FromText) => bodyOf(client.POST('/api/v1/storyboards/from-text', { body })),
  create: (document: Record<string, unknown>) =>
    bodyOf(client.POST('/api/v1/storyboards', { body: { document } })),
  /** Throws ApiError `version_conflict` when somebody saved since `version`. */
  save: (storyboard_id: string, version: number, document: Record<string, unknown>) =>
    bodyOf(
      client.PUT('/api/v1/storyboards/{storyboard_id}', {
        params: { path: { storyboard_id }, header: { 'If-Match': `"${String(version)}"` } },
        body: { document },
      }),
    ),
  duplicate: (storyboard_id: string) =>
    bodyOf(
      client.POST('/api/v1/storyboards/{storyboard_id}/duplicate', { params: { path: { storyboard_id } } }),
    ),
  importRows: (body: RowsBody) => bodyOf(client.POST('/api/v1/storyboards/import-rows', { body })),
}

/** What a storyboard can choose from without a key. */
export const choices = {
  voices: (language?: string) =>
    queryOptions({
      queryKey: keys.choices.voices(language),
      queryFn: ({ signal }) =>
        bodyOf(client.GET('/api/v1/voices', { params: { query: { language } }, signal })),
      select: (voices) => voices.items,
      staleTime: Infinity,
    }),
  samples: (query: { query?: string; language?: string }) =>
    queryOptions({
      queryKey: keys.choices.samples(query),
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/samples', { params: { query }, signal })),
      select: (samples) => samples.items,
    }),
}
