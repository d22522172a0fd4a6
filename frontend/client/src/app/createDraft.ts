/** What somebody was writing on the create page, kept in this browser until it has become a video. */
export interface CreateDraft {
  text: string
  title: string
  /** Ids of files that were uploaded for it. */
  assets: string[]
}

export interface DraftOwner {
  userId: string
  workspaceId: string
}

const EMPTY: CreateDraft = { text: '', title: '', assets: [] }

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

/** False when the browser has no room for it. */
export function keepDraft(owner: DraftOwner, draft: CreateDraft): boolean {
  try {
    if (draft.text.trim() === '' && draft.assets.length === 0) localStorage.removeItem(nameOf(owner))
    else localStorage.setItem(nameOf(owner), JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function dropDraft(owner: DraftOwner): void {
  localStorage.removeItem(nameOf(owner))
}
