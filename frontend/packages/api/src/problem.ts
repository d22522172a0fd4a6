import { type ProblemCode, problemCodes } from './problemCodes'
import type { Problem, ProblemError as Violation } from './schema'

export type { Violation }

/** `network`: no answer came. `unknown`: an answer that is no problem of ours, or one newer than this client. */
export type FailureCode = ProblemCode | 'network' | 'unknown'

/** What a plan allows, where it refused; only what the server named. */
export interface PlanLimit {
  /** `videos`, `render_seconds`, `storage_bytes`, `members`, `concurrent_jobs`, `max_height`… */
  quota: string
  limit?: number
  remaining?: number
  /** The id of the cheapest plan that would do. */
  planHint?: string
}

/** Why a call failed: a problem of the API (RFC 9457), or that there was no answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: FailureCode
  readonly status: number
  /** A sentence from the server, in English; `''` when there is none. */
  readonly detail: string
  readonly requestId: string | undefined
  /** What is wrong with the body, field by field. */
  readonly violations: readonly Violation[]
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter: number | undefined
  readonly planLimit: PlanLimit | undefined

  constructor(
    code: FailureCode,
    about: {
      status?: number
      detail?: string
      requestId?: string | undefined
      violations?: readonly Violation[]
      retryAfter?: number | undefined
      planLimit?: PlanLimit | undefined
      cause?: unknown
    } = {},
  ) {
    super(`${code}: ${about.detail ?? ''}`, { cause: about.cause })
    this.code = code
    this.status = about.status ?? 0
    this.detail = about.detail ?? ''
    this.requestId = about.requestId
    this.violations = about.violations ?? []
    this.retryAfter = about.retryAfter
    this.planLimit = about.planLimit
  }

  /** Whether the same call may succeed later without a change. */
  get retryable(): boolean {
    if (this.code === 'network') return true
    if (this.code === 'unknown') return this.status >= 500
    return problemCodes[this.code].retryable
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'
}

function planLimitOf(problem: Problem): PlanLimit | undefined {
  const { quota, limit, remaining, plan_hint } = problem as Problem & Record<string, unknown>
  if (typeof quota !== 'string') return undefined
  return {
    quota,
    ...(typeof limit === 'number' ? { limit } : {}),
    ...(typeof remaining === 'number' ? { remaining } : {}),
    ...(typeof plan_hint === 'string' ? { planHint: plan_hint } : {}),
  }
}

/** A body whose fields are all wrong in the same way has the code of that way, which is no code of a problem. */
function codeOf({ code, errors }: Problem): FailureCode {
  if (code in problemCodes) return code as ProblemCode
  return errors?.length ? 'invalid_input' : 'unknown'
}

/** Reads the problem out of an answer that is not a success. */
export async function problemOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null)
  const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN)
  const about = {
    status: response.status,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    requestId: response.headers.get('X-Request-ID') ?? undefined,
  }
  if (!isProblem(body)) return new ApiError('unknown', about)
  return new ApiError(codeOf(body), {
    ...about,
    detail: body.detail,
    requestId: body.request_id ?? about.requestId,
    violations: body.errors ?? [],
    planLimit: planLimitOf(body),
  })
}

/** Any thrown value as an ApiError; what is neither a problem nor an abort means that no answer came. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('network', { cause: error })
}
