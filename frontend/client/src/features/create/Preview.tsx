import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CaptionWords } from './captionLook'
import type { CaptionStyle } from './choices'
import type { Tile } from './useTray'

/** Words a caption shows at once, and how long one is spoken, milliseconds. */
const SHOWN = 4
const PACE = 620

/** A picture that comes with every studio, while there is none of one's own. */
const STAND_IN = '/api/v1/samples/ocean-sunset/file'

/** Groups of words as captions show them; the last may be short. */
function captionsOf(text: string): string[][] {
  const words = text
    .slice(0, 400)
    .split(/\s+/)
    .filter((word) => word !== '' && !/^#+$/.test(word))
    .slice(0, SHOWN * 3)
  return Array.from({ length: Math.ceil(words.length / SHOWN) }, (_, group) =>
    words.slice(group * SHOWN, (group + 1) * SHOWN),
  )
}

function useTick(running: boolean): number {
  const [tick, setTick] = useState(1)
  useEffect(() => {
    if (!running || matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const timer = setInterval(() => {
      setTick((before) => before + 1)
    }, PACE)
    return () => {
      clearInterval(timer)
    }
  }, [running])
  return tick
}

/** A frame of the film to be: its shape, the first picture, and the first words as captions. */
export function Preview({
  aspect,
  style,
  text,
  tiles,
}: {
  aspect: string
  style: CaptionStyle
  text: string
  tiles: readonly Tile[]
}) {
  const { t } = useTranslation('create')
  const groups = captionsOf(text.trim() || t('preview.words'))
  const words = groups.flat()
  const tick = useTick(style !== 'none' && style !== 'block') % Math.max(1, words.length)
  const group = groups[Math.floor(tick / SHOWN)] ?? []
  const own = tiles.find((tile) => tile.state !== 'failed' && (tile.asset?.thumbnail_url ?? tile.preview))
  const picture = own?.asset?.thumbnail_url ?? own?.preview ?? STAND_IN
  const [wide, high] = aspect.split(':').map(Number) as [number, number]
  return (
    <div className="flex items-center justify-center overflow-hidden rounded-md bg-sunken" aria-hidden>
      <div
        className="@container relative max-h-80 overflow-hidden bg-black transition-[aspect-ratio] duration-slow"
        style={{
          aspectRatio: `${String(wide)} / ${String(high)}`,
          width: wide >= high ? '100%' : `${String((20 * wide) / high)}rem`,
        }}
      >
        <img src={picture} alt="" className="absolute inset-0 size-full object-cover" />
        <div
          className="absolute inset-x-[6%] bottom-[9%] text-center"
          // The renderer's 5.2 hundredths of the shorter side.
          style={{ fontSize: `${String(5.2 * Math.min(1, high / wide))}cqw` }}
        >
          <CaptionWords words={group} style={style} active={tick % SHOWN} />
        </div>
      </div>
    </div>
  )
}
