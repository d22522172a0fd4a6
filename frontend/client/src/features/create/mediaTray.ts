import { type ApiError, ApiError as Failure, asApiError, type Asset, type UploadProgress } from '@keyreel/api'
import { makeStore, type Store } from '@/app/store'

/** What a film can show, by the endings and types the studio takes. A browser may not know the type of an MKV. */
const TYPES: Record<string, string> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
}

export const accepted = [
  ...new Set(Object.values(TYPES)),
  ...Object.keys(TYPES).map((end) => `.${end}`),
].join(',')

function typeOf(file: File): string | undefined {
  const known = Object.values(TYPES).includes(file.type)
  return known ? file.type : TYPES[file.name.split('.').at(-1)?.toLowerCase() ?? '']
}

/** One picture or clip on its way into the video. */
export interface TrayItem {
  key: string
  name: string
  /** A picture of this computer's own file, until the studio has made a small one. */
  preview: string | null
  progress: UploadProgress | null
  failure: ApiError | null
  /** Known once every byte is there. */
  assetId: string | null
}

export type Upload = (
  file: File,
  options: { signal: AbortSignal; onProgress: (progress: UploadProgress) => void },
) => Promise<Asset>

/** Files under way at once; each sends several parts at a time. */
const AT_ONCE = 2

/** The pictures and clips chosen for a video, in the order they are shown. Uploads go on while other pages are open. */
export class MediaTray {
  readonly #store: Store<readonly TrayItem[]>
  readonly #upload: Upload
  readonly #files = new Map<string, File>()
  readonly #stops = new Map<string, AbortController>()
  #waiting: string[] = []
  #running = 0
  #count = 0

  constructor(upload: Upload, known: readonly string[] = []) {
    this.#upload = upload
    this.#store = makeStore<readonly TrayItem[]>(
      known.map((id) => ({ key: id, name: '', preview: null, progress: null, failure: null, assetId: id })),
    )
  }

  get items(): Store<readonly TrayItem[]> {
    return this.#store
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      if ([...this.#files.values()].some((other) => same(other, file))) continue
      const key = `file-${String(++this.#count)}`
      const type = typeOf(file)
      this.#files.set(key, file)
      this.#store.set([
        ...this.#store.get(),
        {
          key,
          name: file.name,
          preview: type?.startsWith('image/') ? URL.createObjectURL(file) : null,
          progress: null,
          failure: type === undefined ? new Failure('unsupported_media') : null,
          assetId: null,
        },
      ])
      if (type !== undefined) this.#waiting.push(key)
    }
    this.#pump()
  }

  retry(key: string): void {
    this.#change(key, { failure: null, progress: null })
    this.#waiting.push(key)
    this.#pump()
  }

  /** Takes it out of the video. Gives its asset, if there is one already, to be deleted. */
  remove(key: string): string | null {
    const item = this.#store.get().find((other) => other.key === key)
    this.#waiting = this.#waiting.filter((other) => other !== key)
    this.#stops.get(key)?.abort()
    this.#files.delete(key)
    if (item?.preview) URL.revokeObjectURL(item.preview)
    this.#store.set(this.#store.get().filter((other) => other.key !== key))
    return item?.assetId ?? null
  }

  /** Puts an item one place earlier (-1) or later (1). */
  move(key: string, by: -1 | 1): void {
    const items = [...this.#store.get()]
    const from = items.findIndex((item) => item.key === key)
    const [item] = items.splice(from, 1)
    if (item === undefined || from + by < 0) return
    items.splice(from + by, 0, item)
    this.#store.set(items)
  }

  /** The video is being made: its files stay in the studio, the tray is empty for the next. */
  clear(): void {
    for (const { key } of this.#store.get()) this.remove(key)
  }

  #pump(): void {
    while (this.#running < AT_ONCE) {
      const key = this.#waiting.shift()
      if (key === undefined) return
      void this.#send(key)
    }
  }

  async #send(key: string): Promise<void> {
    const file = this.#files.get(key)
    if (file === undefined) return
    const stop = new AbortController()
    this.#stops.set(key, stop)
    this.#running++
    try {
      const type = typeOf(file)
      const typed = file.type === type || type === undefined ? file : retyped(file, type)
      const asset = await this.#upload(typed, {
        signal: stop.signal,
        onProgress: (progress) => {
          this.#change(key, { progress })
        },
      })
      this.#change(key, { assetId: asset.id, progress: null })
    } catch (error) {
      if (!stop.signal.aborted) this.#change(key, { failure: asApiError(error), progress: null })
    } finally {
      this.#stops.delete(key)
      this.#running--
      this.#pump()
    }
  }

  #change(key: string, change: Partial<TrayItem>): void {
    this.#store.set(this.#store.get().map((item) => (item.key === key ? { ...item, ...change } : item)))
  }
}

function same(one: File, other: File): boolean {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified
}

function retyped(file: File, type: string): File {
  return new File([file], file.name, { type, lastModified: file.lastModified })
}
