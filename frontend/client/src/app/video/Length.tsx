import { useFormats } from '@/i18n/format'

/** How long a film is, on its picture; nothing before it is made. */
export function Length({ seconds }: { seconds: number | null }) {
  const formats = useFormats()
  if (seconds === null) return null
  return (
    <span className="absolute right-2 bottom-2 rounded-sm bg-black/75 px-1.5 py-0.5 text-xs font-medium text-white figures">
      {formats.duration(seconds)}
    </span>
  )
}
