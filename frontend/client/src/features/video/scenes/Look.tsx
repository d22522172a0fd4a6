import { assets, choices } from '@keyreel/api'
import { useQuery } from '@tanstack/react-query'
import { Image, Sparkles, Video } from 'lucide-react'
import type { SceneText } from './document'

const frame =
  'flex aspect-video w-20 shrink-0 self-start items-center justify-center overflow-hidden rounded-md bg-sunken text-ink-faint sm:w-32 [&_svg]:size-5'

/** What a scene shows, small: a colour, the picture, or a sign for what is yet to be found. Decorative. */
export function Look({ visual }: Pick<SceneText, 'visual'>) {
  if (visual.type === 'color')
    return <div aria-hidden className={frame} style={{ background: visual.color }} />
  if (visual.type === 'gradient') {
    const stops = (visual.colors ?? []).join(', ')
    return (
      <div
        aria-hidden
        className={frame}
        style={{ background: `linear-gradient(${String(visual.angle ?? 135)}deg, ${stops})` }}
      />
    )
  }
  if (visual.src?.startsWith('asset:')) return <OwnPicture id={visual.src.slice('asset:'.length)} />
  if (visual.src?.startsWith('sample:')) return <SamplePicture reference={visual.src} />
  return (
    <div aria-hidden className={frame}>
      {visual.type === 'generate' ? <Sparkles /> : <Video />}
    </div>
  )
}

function OwnPicture({ id }: { id: string }) {
  const asset = useQuery(assets.detail(id))
  return <Picture url={asset.data?.thumbnail_url ?? null} />
}

function SamplePicture({ reference }: { reference: string }) {
  const samples = useQuery(choices.samples({}))
  const sample = samples.data?.find((one) => one.reference === reference)
  return <Picture url={sample?.kind === 'image' ? sample.url : null} />
}

function Picture({ url }: { url: string | null }) {
  return (
    <div aria-hidden className={frame}>
      {url === null ? <Image /> : <img src={url} alt="" loading="lazy" className="size-full object-cover" />}
    </div>
  )
}
