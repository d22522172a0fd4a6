import type { Video } from '@keyreel/api'
import { Link } from '@tanstack/react-router'

/** A video's title, which leads to its page. */
export function VideoLink({ video, className }: { video: Pick<Video, 'id' | 'title'>; className: string }) {
  return (
    <Link to="/videos/$videoId" params={{ videoId: video.id }} className={className}>
      {video.title}
    </Link>
  )
}
