import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { z } from '@/app/zod'
import { aspects, captionStyles, languages, moods, voices } from './choices'
import { countWords } from './estimate'

/** Characters the studio takes at most: hours of narration. */
export const LONGEST = 200_000

export function useCreateSchema() {
  const { t, i18n } = useTranslation('create')
  return useMemo(
    () =>
      z.object({
        text: z
          .string()
          .max(LONGEST, t('text.tooLong', { most: LONGEST.toLocaleString(i18n.language) }))
          .refine((text) => countWords(text) > 0, t('text.needed')),
        title: z.string().max(200, t('title.tooLong')),
        aspect: z.enum(aspects),
        language: z.enum(languages),
        voice: z.enum(voices),
        captionStyle: z.enum(captionStyles),
        mood: z.enum(moods),
      }),
    [t, i18n.language],
  )
}

export type CreateValues = z.infer<ReturnType<typeof useCreateSchema>>
