import { act, renderHook } from '@testing-library/react'
import type { SyntheticEvent } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { useSteadySource } from './useSteadySource'

function event(element: Partial<HTMLVideoElement>) {
  return { currentTarget: element } as SyntheticEvent<HTMLVideoElement>
}

function start(refresh: () => Promise<unknown> = () => Promise.resolve()) {
  return renderHook(({ film, url }) => useSteadySource(film, url, refresh), {
    initialProps: { film: 'a', url: '/media/1/film.mp4' },
  })
}

describe('useSteadySource', () => {
  it('keeps the address a film began with, whatever comes later', () => {
    const hook = start()
    hook.rerender({ film: 'a', url: '/media/2/film.mp4' })
    expect(hook.result.current.src).toBe('/media/1/film.mp4')
  })

  it('takes the address of another film at once', () => {
    const hook = start()
    hook.rerender({ film: 'b', url: '/media/3/film.mp4' })
    expect(hook.result.current.src).toBe('/media/3/film.mp4')
  })

  it('asks for a new address when the old one has ended, and goes on where it was', async () => {
    const refresh = vi.fn(() => Promise.resolve())
    const hook = start(refresh)
    act(() => {
      hook.result.current.onError(event({ currentTime: 42, paused: false }))
    })
    hook.rerender({ film: 'a', url: '/media/2/film.mp4' })
    expect(refresh).toHaveBeenCalledOnce()
    expect(hook.result.current.src).toBe('/media/2/film.mp4')
    const play = vi.fn(() => Promise.resolve())
    const element = { currentTime: 0, play }
    await act(async () => {
      hook.result.current.onLoadedMetadata(event(element))
      await Promise.resolve()
    })
    expect(element.currentTime).toBe(42)
    expect(play).toHaveBeenCalledOnce()
    expect(hook.result.current.broken).toBe(false)
  })

  it('says that it is broken when a new answer has no other address, until it can be read again', async () => {
    const hook = start()
    await act(async () => {
      hook.result.current.onError(event({ currentTime: 0, paused: true }))
      await Promise.resolve()
    })
    expect(hook.result.current.broken).toBe(true)
    act(() => {
      hook.result.current.onLoadedMetadata(event({ currentTime: 0 }))
    })
    expect(hook.result.current.broken).toBe(false)
  })
})
