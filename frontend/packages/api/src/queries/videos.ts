import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import type { AssetOut, Bulk, VideoChange, VideoOut } from '../schema'
import { client } from '../studio'
import { keys } from './keys'
import { pagesOf } from './pages'

export interface VideoFilters {
  status?: VideoOut['status'][]
  review?: VideoOut['review'][]
  query?: string
  sort?: string
  trashed?: boolean
}

/** The library. A video's id is its storyboard's. */
export const videos = {
  list: (filters: VideoFilters = {}) =>
    pagesOf(keys.videos.list(filters), (query, signal) =>
      bodyOf(client.GET('/api/v1/videos', { params: { query: { ...filters, ...query } }, signal })),
    ),
  detail: (video_id: string) =>
    queryOptions({
      queryKey: keys.videos.detail(video_id),
      queryFn: ({ signal }) =>
        bodyOf(client.GET('/api/v1/videos/{video_id}', { params: { path: { video_id } }, signal })),
    }),
  /** The films made of it, one a finished job. */
  films: (video_id: string) =>
    pagesOf(keys.videos.films(video_id), (query, signal) =>
      bodyOf(
        client.GET('/api/v1/videos/{video_id}/versions', { params: { path: { video_id }, query }, signal }),
      ),
    ),
  shares: (video_id: string) =>
    pagesOf(keys.videos.shares(video_id), (query, signal) =>
      bodyOf(
        client.GET('/api/v1/videos/{video_id}/shares', { params: { path: { video_id }, query }, signal }),
      ),
    ),

  change: (video_id: string, body: VideoChange) =>
    bodyOf(client.PATCH('/api/v1/videos/{video_id}', { params: { path: { video_id } }, body })),
  trash: (video_id: string) =>
    bodyOf(client.POST('/api/v1/videos/{video_id}/trash', { params: { path: { video_id } } })),
  restore: (video_id: string) =>
    bodyOf(client.POST('/api/v1/videos/{video_id}/restore', { params: { path: { video_id } } })),
  purge: (video_id: string) =>
    bodyOf(client.DELETE('/api/v1/videos/{video_id}', { params: { path: { video_id } } })),
  bulk: (body: Bulk) => bodyOf(client.POST('/api/v1/videos/bulk', { body })),
  share: (video_id: string, expires_in_hours: number) =>
    bodyOf(
      client.POST('/api/v1/videos/{video_id}/shares', {
        params: { path: { video_id } },
        body: { expires_in_hours },
      }),
    ),
  withdrawShare: (video_id: string, share_id: string) =>
    bodyOf(
      client.DELETE('/api/v1/videos/{video_id}/shares/{share_id}', {
        params: { path: { video_id, share_id } },
      }),
    ),
}

/** What somebody with a share link sees; no sign-in. */
export const shared = {
  video: (token: string) =>
    queryOptions({
      queryKey: keys.shared(token),
      queryFn: ({ signal }) =>
        bodyOf(client.GET('/api/v1/shares/{token}', { params: { path: { token } }, signal })),
      staleTime: Infinity,
    }),
}

export interface AssetFilters {
  kind?: NonNullable<AssetOut['kind']>
  state?: AssetOut['state']
  query?: string
}

/** Uploaded files; `uploader.upload(file)` adds one. */
export const assets = {
  list: (filters: AssetFilters = {}) =>
    pagesOf(keys.assets.list(filters), (query, signal) =>
      bodyOf(client.GET('/api/v1/assets', { params: { query: { ...filters, ...query } }, signal })),
    ),
  detail: (asset_id: string) =>
    queryOptions({
      queryKey: keys.assets.detail(asset_id),
      queryFn: ({ signal }) =>
        bodyOf(client.GET('/api/v1/assets/{asset_id}', { params: { path: { asset_id } }, signal })),
    }),
  remove: (asset_id: string) =>
    bodyOf(client.DELETE('/api/v1/assets/{asset_id}', { params: { path: { asset_id } } })),
}
