/** Every page, on a phone, a tablet and a desk, in the light and in the dark: accessible, nothing sticks out. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import {
  assertAccessible,
  assertFits,
  FILM,
  linkFor,
  openBrowser,
  passwordOf,
  register,
  studio,
  visit,
  type Visitor,
} from './browser.ts'

const email = 'hedy@example.com'
const sizes = [
  { width: 360, height: 740, colorScheme: 'light' },
  { width: 360, height: 740, colorScheme: 'dark' },
  { width: 768, height: 1024, colorScheme: 'light' },
  { width: 1440, height: 900, colorScheme: 'light' },
  { width: 1440, height: 900, colorScheme: 'dark' },
] as const
const doors = ['/sign-in', '/sign-up', '/forgot-password', '/reset-password#token=used-up', '/nowhere']

interface Made {
  job: string
  video: string
  share: string
}

let browser: Browser
let made: Made
before(async () => {
  browser = await openBrowser()
  const { page } = await visit(browser)
  await register(page, 'Hedy', email)
  made = await prepare(await accessToken())
  await page.context().close()
})
after(() => browser.close())

for (const { width, height, colorScheme } of sizes)
  test(`every page at ${String(width)} px, ${colorScheme}`, async () => {
    const visitor = await visit(browser, { viewport: { width, height }, colorScheme })
    await walk(visitor, doors)
    await signIn(visitor.page)
    await walk(visitor, pagesOf(made))
    await visitor.page.context().close()
  })

test('every page in French', async () => {
  const visitor = await visit(browser, { viewport: { width: 360, height: 740 }, locale: 'fr-FR' })
  await walk(visitor, doors)
  await visitor.page.goto('/sign-in')
  await visitor.page.getByRole('heading', { name: 'Connexion' }).waitFor()
  await visitor.page.context().close()
})

test('the command palette, the help on shortcuts and a menu', async () => {
  const { page } = await visit(browser)
  await signIn(page)
  for (const keys of ['Control+k', '?']) {
    await page.keyboard.press(keys)
    await page.getByRole('dialog').waitFor()
    await assertAccessible(page, keys, false)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await page.goto(`/videos/${made.video}`)
  for (const name of ['Options', 'Download']) {
    await page.getByRole('button', { name }).last().click()
    await page.getByRole('menu').waitFor()
    await assertAccessible(page, name, false)
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }
  await page.context().close()
})

function pagesOf({ job, video, share }: Made): string[] {
  const settings = [
    'profile',
    'security',
    'notifications',
    'workspace',
    'members',
    'connections',
    'api-tokens',
  ]
  return [
    '/',
    '/create',
    `/jobs/${job}`,
    '/library',
    '/library?trash=true',
    `/videos/${video}`,
    `/videos/${video}?share=true`,
    '/usage',
    '/notifications',
    ...[...settings, 'networks', 'audit'].map((name) => `/settings/${name}`),
    `/s/${share}`,
    '/videos/00000000-0000-4000-8000-000000000000',
  ]
}

async function walk({ page, complaints }: Visitor, paths: string[]): Promise<void> {
  for (const path of paths) {
    await page.goto(path)
    await page.getByRole('heading').first().waitFor()
    // What was still loading has either come or said why not.
    await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null)
    await assertFits(page, path)
    await assertAccessible(page, path)
  }
  assert.deepEqual(complaints, [])
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(passwordOf(email))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation').first().waitFor()
}

async function accessToken(): Promise<string> {
  const answer = await fetch(`${studio}/api/v1/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: passwordOf(email) }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

/** A small film, in the library and behind a link, one in the trash, a draft, a token and an invitation. */
async function prepare(token: string): Promise<Made> {
  async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${studio}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    assert.ok(answer.ok, `${method} ${path}: ${await answer.clone().text()}`)
    return (answer.status === 204 ? undefined : await answer.json()) as Answer
  }
  const scenes = ['#335577', '#775533'].map((color, at) => ({
    id: `s${String(at)}`,
    duration: 0.5,
    visual: { type: 'color', color },
  }))
  const document = {
    version: 'storyboard/1',
    title: 'A title that goes on and on, as titles do when nobody has to fit them on a poster',
    canvas: { width: 320, height: 180 },
    scenes,
  }
  const board = await ask<{ id: string }>('POST', 'storyboards', { document })
  const job = await ask<{ id: string }>('POST', 'jobs', { storyboard_id: board.id })
  await comesTrue(async () => (await ask<{ state: string }>('GET', `jobs/${job.id}`)).state === 'ready')
  const share = await ask<{ url: string }>('POST', `videos/${board.id}/shares`, { expires_in_hours: 24 })
  const draft = await ask<{ id: string }>('POST', 'storyboards', { document })
  // The library hears of a storyboard an instant after it is saved.
  await comesTrue(async () =>
    (await ask<{ items: { id: string }[] }>('GET', 'videos')).items.some(({ id }) => id === draft.id),
  )
  await ask('POST', `videos/${draft.id}/trash`)
  await ask('POST', 'storyboards', { document })
  await ask('POST', 'api-tokens', { name: 'A script', scopes: ['videos:read'] })
  await ask('POST', 'invitations', { email: 'new@example.com', role: 'editor' })
  await linkFor('new@example.com')
  return { job: job.id, video: board.id, share: share.url.split('/').at(-1) ?? '' }
}

async function comesTrue(condition: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + FILM
  while (!(await condition())) {
    assert.ok(Date.now() < until, 'it did not come true in time')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
