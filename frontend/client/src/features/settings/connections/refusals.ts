import { asApiError } from '@keyreel/api'

const places = ['key', 'base_url', 'name'] as const
type Place = (typeof places)[number] | 'form'

/** The field a refusal speaks of, or the form as a whole; null when nothing was refused. */
export function placeOf(error: unknown): Place | null {
  if (error === null) return null
  const [first] = asApiError(error).violations
  return places.find((place) => first?.pointer === `/${place}`) ?? 'form'
}
