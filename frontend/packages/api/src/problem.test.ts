import { describe, expect, it } from 'vitest'
import { problemOf } from './problem'

function refusal(code: string, errors?: { pointer: string; code: string; message: string }[]): Response {
  return Response.json({ code, detail: 'A sentence.', errors }, { status: 422 })
}

describe('problemOf', () => {
  it('knows a body whose fields share one fault as bad input', async () => {
    const missing = [{ pointer: '/email', code: 'missing', message: 'Choose one.' }]
    const problem = await problemOf(refusal('missing', missing))
    expect(problem.code).toBe('invalid_input')
    expect(problem.violations).toEqual(missing)
  })

  it('keeps a code of its own that points at a field', async () => {
    const weak = [{ pointer: '/password', code: 'password_too_common', message: 'Easy to guess.' }]
    expect((await problemOf(refusal('password_too_common', weak))).code).toBe('password_too_common')
  })

  it('takes a code newer than this client, and what is no problem at all, as unknown', async () => {
    expect((await problemOf(refusal('from_the_future'))).code).toBe('unknown')
    expect((await problemOf(new Response('<html>', { status: 502 }))).code).toBe('unknown')
  })
})
