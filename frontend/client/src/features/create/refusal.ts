import { ApiError, type Asset, type FailureCode } from '@keyreel/api'
import { sentenceOf } from '@/app/problems'

/** Why the studio would not take a file, in the reader's language. */
export function refusalOf(asset: Asset | null, otherwise: { gone: string; sound: string }): string {
  if (asset === null) return otherwise.gone
  if (asset.refusal === null) return otherwise.sound
  const { code, detail } = asset.refusal
  return sentenceOf(new ApiError(code as FailureCode, { detail })).title
}
