import { type ApiError, asApiError } from '@keyreel/api'
import { Callout, ErrorState } from '@keyreel/ui'
import i18next from 'i18next'
import type { ReactNode } from 'react'
import type { FieldValues, Path, UseFormSetError } from 'react-hook-form'
import { currentLanguage } from '@/i18n'

/**
 * A failure in the reader's language: what happened and what to do. English uses the server's own sentence, which can
 * name figures; other languages have one a code.
 */
export function sentenceOf(error: unknown): { title: string; detail?: string } {
  const failure = asApiError(error)
  const known = i18next.t(`errors:${failure.code}`)
  if (currentLanguage() !== 'en' || !failure.detail) return { title: known }
  return { title: asSentence(failure.detail) }
}

/** The server's headings, which stand in where it has nothing to add, have no full stop. */
function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

/** Why a job failed, in the reader's language: English has the server's own sentence, others one a code. */
export function failureSentence({ code, detail }: { code: string; detail: string }): string {
  const key = `errors:${code}`
  return currentLanguage() === 'en' || !i18next.exists(key) ? detail : i18next.t(key as 'errors:unknown')
}

/** The whole of a page or card that could not be read. */
export function ProblemState({
  error,
  onRetry,
  action,
  className,
}: {
  error: unknown
  onRetry?: () => void
  action?: ReactNode
  className?: string
}) {
  const failure = asApiError(error)
  return (
    <ErrorState
      {...sentenceOf(failure)}
      requestId={failure.requestId}
      onRetry={onRetry}
      action={action}
      className={className}
    />
  )
}

/** The answer to a form that was refused; nothing while there is none. */
export function ProblemCallout({ error, className }: { error: unknown; className?: string }) {
  if (!error) return null
  const { title, detail } = sentenceOf(error)
  return (
    <Callout tone="danger" className={className}>
      {title}
      {detail ? ` ${detail}` : null}
    </Callout>
  )
}

/**
 * Puts a refusal's violations beside the fields they speak of (`/email` → `email`).
 * Gives back whether something is left that belongs to no field and must be shown above the form.
 */
export function showViolations<Values extends FieldValues>(
  error: ApiError,
  fields: readonly Path<Values>[],
  setError: UseFormSetError<Values>,
): boolean {
  let left = error.violations.length === 0
  for (const violation of error.violations) {
    const field = fields.find((name) => `/${name}` === violation.pointer)
    if (field === undefined) left = true
    else
      setError(field, {
        message:
          currentLanguage() === 'en' ? asSentence(violation.message) : violationSentence(violation.code),
      })
  }
  return left
}

function violationSentence(code: string): string {
  const key = `errors:${code}`
  return i18next.exists(key) ? i18next.t(key as 'errors:invalid_input') : i18next.t('errors:invalid_input')
}
