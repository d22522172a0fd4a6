import {
  ApiError,
  type FromText,
  type JobDetail,
  jobs,
  type Storyboard,
  storyboards,
  videos,
} from '@keyreel/api'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { keepDraft } from '@/app/createDraft'
import { useCreateVideo } from './useCreateVideo'

const owner = { userId: 'ada', workspaceId: 'engine' }
const tea: FromText = { text: 'Tea.' }

function wrapper({ children }: { children: ReactNode }) {
  return <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>
}

function studio() {
  let count = 0
  return {
    fromText: vi
      .spyOn(storyboards, 'fromText')
      .mockImplementation(() => Promise.resolve({ id: `board-${String(++count)}` } as Storyboard)),
    start: vi.spyOn(jobs, 'start').mockRejectedValue(new ApiError('concurrency_exceeded')),
    trash: vi.spyOn(videos, 'trash').mockResolvedValue(undefined as never),
  }
}

/** The page as it is after it was opened: nothing but the browser's memory is left of the time before. */
async function press(request: FromText) {
  const { result, unmount } = renderHook(() => useCreateVideo(owner), { wrapper })
  await act(() => result.current.mutateAsync(request).catch(() => null))
  unmount()
}

beforeEach(() => {
  localStorage.clear()
  keepDraft(owner, { text: 'Tea.' })
})

describe('making a video', () => {
  it('goes on with the same storyboard and key after a refusal and a reload', async () => {
    const { fromText, start } = studio()
    await press(tea)
    start.mockResolvedValue({ id: 'job' } as JobDetail)
    await press(tea)
    expect(fromText).toHaveBeenCalledTimes(1)
    expect(start.mock.calls[1]).toEqual(start.mock.calls[0])
  })

  it('throws the refused storyboard away once its text has changed', async () => {
    const { fromText, start, trash } = studio()
    await press(tea)
    await press({ text: 'Tea, with milk.' })
    expect(fromText).toHaveBeenCalledTimes(2)
    expect(trash).toHaveBeenCalledExactlyOnceWith('board-1')
    expect(start.mock.calls[1]?.[0]).toEqual({ storyboard_id: 'board-2' })
    expect(start.mock.calls[1]?.[1]).not.toBe(start.mock.calls[0]?.[1])
  })
})
