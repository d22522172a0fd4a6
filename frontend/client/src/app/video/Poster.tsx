import type { Video } from '@keyreel/api'
import { cx } from '@keyreel/ui'
import { Clapperboard } from 'lucide-react'
import { useState } from 'react'

/**
 * The picture of a video in a 16:9 frame; upright films stand on a blurred copy of themselves. Decorative: the title
 * stands beside it.
 */
export function Poster({
  video,
  className,
}: {
  video: Pick<Video, 'poster_url' | 'width' | 'height'>
  className?: string
}) {
  const [broken, setBroken] = useState<string | null>(null)
  const url = video.poster_url === broken ? null : video.poster_url
  const wide = video.width / video.height > 1.6
  return (
    <div
      aria-hidden
      className={cx(
        'relative flex aspect-video items-center justify-center overflow-hidden bg-sunken',
        className,
      )}
    >
      {url === null ? (
        <Clapperboard className="size-1/4 max-w-8 text-ink-faint" strokeWidth={1.5} />
      ) : (
        <>
          {wide ? null : (
            <img
              src={url}
              alt=""
              loading="lazy"
              className="absolute inset-0 size-full scale-110 object-cover opacity-60 blur-xl"
            />
          )}
          <img
            src={url}
            alt=""
            loading="lazy"
            onError={() => {
              setBroken(url)
            }}
            className={cx('relative size-full', wide ? 'object-cover' : 'object-contain')}
          />
        </>
      )}
    </div>
  )
}
