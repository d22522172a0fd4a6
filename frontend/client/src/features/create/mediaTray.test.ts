import { ApiError, type Asset } from '@keyreel/api'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { MediaTray, type Upload } from './mediaTray'

function file(name: string, type = 'image/jpeg'): File {
  return new File(['bytes'], name, { type, lastModified: 1 })
}

/** An uploader whose uploads end when the test says so. */
function byHand() {
  const sent: {
    file: File
    signal: AbortSignal
    done: (id: string) => void
    fail: (error: Error) => void
  }[] = []
  const upload: Upload = (sending, { signal }) =>
    new Promise((resolve, reject) => {
      sent.push({
        file: sending,
        signal,
        done: (id) => {
          resolve({ id } as Asset)
        },
        fail: reject,
      })
    })
  return { sent, upload }
}

const settled = () => new Promise((resolve) => setTimeout(resolve))

beforeEach(() => {
  // jsdom has no object addresses.
  URL.createObjectURL = vi.fn(() => 'blob:picture')
  URL.revokeObjectURL = vi.fn()
})

describe('the tray', () => {
  it('sends two files at a time and begins the next when one has arrived', async () => {
    const { sent, upload } = byHand()
    const tray = new MediaTray(upload)
    tray.add([file('a.jpg'), file('b.jpg'), file('c.jpg')])
    expect(sent.map(({ file }) => file.name)).toEqual(['a.jpg', 'b.jpg'])
    sent[0]?.done('asset-a')
    await settled()
    expect(sent.map(({ file }) => file.name)).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
    expect(tray.items.get().map(({ assetId }) => assetId)).toEqual(['asset-a', null, null])
  })

  it('keeps a failed file with its reason, and sends it again when asked', async () => {
    const { sent, upload } = byHand()
    const tray = new MediaTray(upload)
    tray.add([file('a.jpg')])
    sent[0]?.fail(new ApiError('network'))
    await settled()
    const [item] = tray.items.get()
    expect(item?.failure?.code).toBe('network')
    tray.retry(item?.key ?? '')
    expect(tray.items.get()[0]?.failure).toBeNull()
    sent[1]?.done('asset-a')
    await settled()
    expect(tray.items.get()[0]?.assetId).toBe('asset-a')
  })

  it('does not send what can be no picture or clip', () => {
    const { sent, upload } = byHand()
    const tray = new MediaTray(upload)
    tray.add([file('notes.pdf', 'application/pdf')])
    expect(sent).toEqual([])
    expect(tray.items.get()[0]?.failure?.code).toBe('unsupported_media')
  })

  it('names the type of a clip the browser does not know', () => {
    const { sent, upload } = byHand()
    new MediaTray(upload).add([file('holiday.mkv', '')])
    expect(sent[0]?.file.type).toBe('video/x-matroska')
  })

  it('takes the same file once', () => {
    const { upload } = byHand()
    const tray = new MediaTray(upload)
    tray.add([file('a.jpg')])
    tray.add([file('a.jpg')])
    expect(tray.items.get()).toHaveLength(1)
  })

  it('stops the upload of a file that is removed, without calling that a failure', async () => {
    const { sent, upload } = byHand()
    const tray = new MediaTray(upload)
    tray.add([file('a.jpg'), file('b.jpg'), file('c.jpg')])
    tray.remove(tray.items.get()[0]?.key ?? '')
    expect(sent[0]?.signal.aborted).toBe(true)
    sent[0]?.fail(new DOMException('stopped', 'AbortError'))
    await settled()
    expect(tray.items.get().map(({ name, failure }) => [name, failure])).toEqual([
      ['b.jpg', null],
      ['c.jpg', null],
    ])
    expect(sent).toHaveLength(3)
  })

  it('changes the order and stays within its ends', () => {
    const { upload } = byHand()
    const tray = new MediaTray(upload, ['a', 'b', 'c'])
    tray.move('c', -1)
    tray.move('a', -1)
    expect(tray.items.get().map(({ key }) => key)).toEqual(['a', 'c', 'b'])
  })
})
