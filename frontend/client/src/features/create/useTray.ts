import { assets, type Asset, uploader } from '@keyreel/api'
import { useQueries } from '@tanstack/react-query'
import { type DraftOwner, readDraft } from '@/app/createDraft'
import { useStore } from '@/app/store'
import { MediaTray, type TrayItem } from './mediaTray'

/** One a person and workspace, for as long as the page lives: an upload goes on while other pages are looked at. */
const trays = new Map<string, MediaTray>()

export function trayOf(owner: DraftOwner): MediaTray {
  const name = `${owner.workspaceId}/${owner.userId}`
  let tray = trays.get(name)
  if (tray === undefined) {
    tray = new MediaTray((file, options) => uploader.upload(file, options), readDraft(owner).assets)
    trays.set(name, tray)
  }
  return tray
}

/** Where a file is on its way: what the tile shows and whether the video can have it. */
export type TrayState = 'waiting' | 'sending' | 'offline' | 'checking' | 'ready' | 'refused' | 'failed'

export interface Tile extends TrayItem {
  state: TrayState
  asset: Asset | null
}

function stateOf(item: TrayItem, asset: Asset | undefined, unreadable: boolean): TrayState {
  if (item.failure !== null || unreadable) return 'failed'
  if (item.assetId === null) {
    if (item.progress === null) return 'waiting'
    return item.progress.state === 'waiting' ? 'offline' : 'sending'
  }
  if (asset?.state === 'ready') return asset.kind === 'audio' ? 'refused' : 'ready'
  return asset?.state === 'refused' ? 'refused' : 'checking'
}

/** The tray's files with what the studio found out about them; live events bring each on. */
export function useTiles(tray: MediaTray): Tile[] {
  const items = useStore(tray.items)
  const found = useQueries({
    queries: items.map((item) => ({
      ...assets.detail(item.assetId ?? ''),
      enabled: item.assetId !== null,
    })),
  })
  return items.map((item, index) => ({
    ...item,
    asset: found[index]?.data ?? null,
    state: stateOf(item, found[index]?.data, found[index]?.isError ?? false),
  }))
}

/** How many of the files the video will have, are still on their way, and can't be used. */
export function tally(tiles: readonly Tile[]): { ready: number; coming: number; bad: number } {
  const ready = tiles.filter((tile) => tile.state === 'ready').length
  const bad = tiles.filter((tile) => tile.state === 'refused' || tile.state === 'failed').length
  return { ready, bad, coming: tiles.length - ready - bad }
}
