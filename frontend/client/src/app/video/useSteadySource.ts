import { type SyntheticEvent, useState } from 'react'

/**
 * A film's address ends within the hour and comes anew with every answer. The player keeps the one it began with, so
 * that it never starts over, and takes the newest, at the same moment of the film, when the old one has ended.
 */
export function useSteadySource(filmId: string, newest: string, refresh: () => Promise<unknown>) {
  const [kept, setKept] = useState({ filmId, url: newest })
  const [failure, setFailure] = useState<'none' | 'asking' | 'lasting'>('none')
  const [resume, setResume] = useState<{ at: number; playing: boolean } | null>(null)

  if (kept.filmId !== filmId) {
    setKept({ filmId, url: newest })
    setFailure('none')
    setResume(null)
  } else if (failure === 'asking' && kept.url !== newest) {
    setKept({ filmId, url: newest })
    setFailure('none')
  }

  return {
    src: kept.url,
    /** The film can't be read, with a fresh address neither. */
    broken: failure === 'lasting',
    onError: ({ currentTarget }: SyntheticEvent<HTMLVideoElement>) => {
      if (failure !== 'none') return
      setResume({ at: currentTarget.currentTime, playing: !currentTarget.paused })
      setFailure('asking')
      void refresh().finally(() => {
        setFailure((now) => (now === 'asking' ? 'lasting' : now))
      })
    },
    onLoadedMetadata: ({ currentTarget }: SyntheticEvent<HTMLVideoElement>) => {
      setFailure('none')
      if (resume === null) return
      currentTarget.currentTime = resume.at
      if (resume.playing) void currentTarget.play().catch(() => undefined)
      setResume(null)
    },
  }
}
