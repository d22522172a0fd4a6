/** A request that was begun: pressed again, it goes on with the storyboard and the key it had, also after a reload. */
export interface Begun {
  /** The request as JSON. */
  request: string
  storyboardId: string
  idempotencyKey: string
}

/** What somebody was writing on the create page, kept in this browser until it has become a video. */
export interface CreateDraft {
  text: string
  title: string
  /** Ids of files that were uploaded for it. */
  assets: string[]
  begun: Begun | null
}

export interface DraftOwner {
  userId: string
  workspaceId: string
}

const EMPTY: CreateDraft = { text: '', title: '', assets: [], begun: null }

function nameOf({ userId, workspaceId }: DraftOwner): string {
  return `keyreel.draft.${workspaceId}.${userId}`
}

export function readDraft(owner: DraftOwner): CreateDraft {
  try {
    const stored = JSON.parse(localStorage.getItem(nameOf(owner)) ?? '{}') as Partial<CreateDraft>
    return { ...EMPTY, ...stored }
  } catch {
    return EMPTY // half a value: the next write mends it
  }
}

export function keepDraft(owner: DraftOwner, change: Partial<CreateDraft>): void {
  const draft = { ...readDraft(owner), ...change }
  if (draft.text.trim() === '' && draft.assets.length === 0) return dropDraft(owner)
  try {
    localStorage.setItem(nameOf(owner), JSON.stringify(draft))
  } catch {
    // The browser has no room left: the page goes on without a copy.
  }
}

export function dropDraft(owner: DraftOwner): void {
  localStorage.removeItem(nameOf(owner))
}
