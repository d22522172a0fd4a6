import { backoff, sleep } from './backoff'
import { type ApiClient, bodyOf } from './client'
import { ApiError, asApiError, problemOf } from './problem'
import type { AssetOut, PartAddress, PartOut, UploadOut } from './schema'
import type { SessionKeeper } from './session'

/** Sends one part and tells how many of its bytes are away. */
export type SendPart = (
  part: PartAddress,
  body: Blob,
  options: { token: string | null; signal: AbortSignal; onBytes: (sent: number) => void },
) => Promise<PartOut>

export interface UploadProgress {
  sentBytes: number
  totalBytes: number
  /** `waiting`: the network is away; the upload goes on by itself. */
  state: 'sending' | 'waiting' | 'finishing'
}

interface UploadOptions {
  signal?: AbortSignal
  onProgress?: (progress: UploadProgress) => void
}

/** Parts under way at once. */
const AT_ONCE = 3
const ATTEMPTS = 8
const REMEMBERED = 'keyreel.uploads'

/**
 * Uploads files in parts. What was sent is kept: after a lost network the missing part is sent again, and after a
 * reload `upload` of the same file goes on where it stopped.
 */
export class Uploader {
  readonly #client: ApiClient
  readonly #session: SessionKeeper
  readonly #sendPart: SendPart
  readonly #pause: typeof sleep
  readonly #memory: UploadMemory

  constructor(options: {
    client: ApiClient
    session: SessionKeeper
    sendPart?: SendPart
    pause?: typeof sleep
    storage?: Pick<Storage, 'getItem' | 'setItem'>
  }) {
    this.#client = options.client
    this.#session = options.session
    this.#sendPart = options.sendPart ?? sendByXhr
    this.#pause = options.pause ?? sleep
    this.#memory = new UploadMemory(options.storage ?? localStorage)
  }

  /** Uploads one file and gives its asset, in state `probing`. Throws ApiError; an abort gives up the upload's parts. */
  async upload(
    file: File,
    { signal = new AbortController().signal, onProgress }: UploadOptions = {},
  ): Promise<AssetOut> {
    const upload = await this.#begin(file, signal)
    const sent = new Map(upload.received.map((part) => [part.number, part.bytes]))
    const etags = new Map(upload.received.map((part) => [part.number, part.etag]))
    const report = (state: UploadProgress['state']) => {
      const sentBytes = [...sent.values()].reduce((sum, bytes) => sum + bytes, 0)
      onProgress?.({ sentBytes: Math.min(sentBytes, file.size), totalBytes: file.size, state })
    }
    report('sending')

    const missing = upload.parts.filter((part) => !etags.has(part.number))
    const failed = new AbortController()
    const stop = AbortSignal.any([signal, failed.signal])
    const worker = async () => {
      for (let part = missing.shift(); part !== undefined; part = missing.shift()) {
        const { number } = part
        const start = (number - 1) * upload.part_bytes
        const body = file.slice(start, start + part.bytes)
        const etag = await this.#send(part, body, stop, (bytes, state) => {
          sent.set(number, bytes)
          report(state)
        })
        etags.set(number, etag)
      }
    }
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
    } catch (error) {
      failed.abort()
      if (signal.aborted) await this.#giveUp(upload.id, file)
      throw error
    }

    report('finishing')
    const parts = [...etags].map(([number, etag]) => ({ number, etag })).sort((a, b) => a.number - b.number)
    const path = { upload_id: upload.id }
    const asset = await this.#persist(stop, () =>
      bodyOf(
        this.#client.POST('/api/v1/uploads/{upload_id}/complete', { params: { path }, body: { parts } }),
      ),
    )
    this.#memory.forget(file)
    return asset
  }

  async #begin(file: File, signal: AbortSignal): Promise<UploadOut> {
    const known = this.#memory.recall(file)
    if (known !== undefined) {
      try {
        const path = { upload_id: known }
        return await bodyOf(this.#client.GET('/api/v1/uploads/{upload_id}', { params: { path }, signal }))
      } catch (error) {
        // Finished or expired in the meantime: begin anew. Anything else is the caller's to hear.
        if (!['not_found', 'upload_expired', 'invalid_state'].includes(asApiError(error).code)) throw error
        this.#memory.forget(file)
      }
    }
    const body = {
      filename: file.name,
      bytes: file.size,
      content_type: file.type || 'application/octet-stream',
    }
    const upload = await bodyOf(this.#client.POST('/api/v1/uploads', { body, signal }))
    this.#memory.remember(file, upload)
    return upload
  }

  async #send(
    part: PartAddress,
    body: Blob,
    signal: AbortSignal,
    onBytes: (bytes: number, state: UploadProgress['state']) => void,
  ): Promise<string> {
    return this.#persist(
      signal,
      async () => {
        const token = part.address.startsWith('/') ? await this.#session.token() : null
        const { etag } = await this.#sendPart(part, body, {
          token,
          signal,
          onBytes: (bytes) => {
            onBytes(bytes, 'sending')
          },
        })
        onBytes(body.size, 'sending')
        return etag
      },
      () => {
        onBytes(0, 'waiting')
      },
    )
  }

  /** Repeats what may succeed later, with growing pauses. */
  async #persist<T>(signal: AbortSignal, work: () => Promise<T>, onWait?: () => void): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted()
      try {
        return await work()
      } catch (error) {
        signal.throwIfAborted()
        const failure = asApiError(error)
        if (failure.code === 'invalid_token') await this.#session.refresh()
        else if (!failure.retryable) throw failure
        if (attempt + 1 >= ATTEMPTS) throw failure
        onWait?.()
        const least = (failure.retryAfter ?? 0) * 1000
        await this.#pause(least + backoff(attempt, { first: 500, most: 30_000 }), signal)
      }
    }
  }

  async #giveUp(id: string, file: File): Promise<void> {
    this.#memory.forget(file)
    // The parts expire by themselves too, so a failure here costs nothing.
    await this.#client
      .DELETE('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: id } } })
      .catch(() => null)
  }
}

/** Which unfinished upload belongs to which file of this computer. */
class UploadMemory {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage
  }

  recall(file: File): string | undefined {
    const known = this.#read()[this.#nameOf(file)]
    return known && Date.parse(known.expires) > Date.now() ? known.id : undefined
  }

  remember(file: File, upload: UploadOut): void {
    this.#write({ ...this.#read(), [this.#nameOf(file)]: { id: upload.id, expires: upload.expires_at } })
  }

  forget(file: File): void {
    const name = this.#nameOf(file)
    this.#write(Object.fromEntries(Object.entries(this.#read()).filter(([other]) => other !== name)))
  }

  #nameOf(file: File): string {
    return `${file.name}|${String(file.size)}|${String(file.lastModified)}`
  }

  #read(): Record<string, { id: string; expires: string }> {
    try {
      return JSON.parse(this.#storage.getItem(REMEMBERED) ?? '{}') as Record<
        string,
        { id: string; expires: string }
      >
    } catch {
      return {} // somebody else's or half a value: nothing is known, and the next write mends it
    }
  }

  #write(all: Record<string, { id: string; expires: string }>): void {
    const current = Object.entries(all).filter(([, upload]) => Date.parse(upload.expires) > Date.now())
    this.#storage.setItem(REMEMBERED, JSON.stringify(Object.fromEntries(current)))
  }
}

/** By XMLHttpRequest: fetch tells nothing of an upload's progress. */
const sendByXhr: SendPart = (part, body, { token, signal, onBytes }) =>
  new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('PUT', part.address)
    for (const [name, value] of Object.entries(part.headers)) xhr.setRequestHeader(name, value)
    if (token !== null) xhr.setRequestHeader('Authorization', `Bearer ${token}`)
    xhr.upload.addEventListener('progress', (event) => {
      onBytes(event.loaded)
    })
    xhr.addEventListener('error', () => {
      reject(new ApiError('network'))
    })
    xhr.addEventListener('abort', () => {
      reject(new DOMException('The upload was stopped.', 'AbortError'))
    })
    xhr.addEventListener('load', () => {
      if (xhr.status >= 200 && xhr.status < 300) {
        const etag = xhr.responseText
          ? (JSON.parse(xhr.responseText) as PartOut).etag
          : xhr.getResponseHeader('ETag')
        resolve({ etag: etag ?? '' })
      } else {
        const headers = { 'Retry-After': xhr.getResponseHeader('Retry-After') ?? '' }
        void problemOf(new Response(xhr.responseText, { status: xhr.status, headers })).then(reject)
      }
    })
    signal.addEventListener('abort', () => {
      xhr.abort()
    })
    xhr.send(body)
  })
