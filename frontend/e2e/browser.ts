/** The app in a real browser, for tests: who opens it, what is checked on every page, where letters arrive. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

function needed(variable: string, what: string): string {
  const value = process.env[variable]
  assert.ok(value, `${variable} is not set: ${what}`)
  return value
}

export const studio = needed('KEYREEL_STUDIO', 'the address of a running studio')
/** The folder its letters are kept in. */
const letters = needed('KEYREEL_LETTERS', 'the folder mail/ of its data')
/** As long as a short film may take on a busy machine, milliseconds. */
export const FILM = 300_000

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? programs.find((program) => existsSync(program))
  assert.ok(executablePath, 'no Chromium: install it (apt-get install chromium) or name one in CHROMIUM')
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
}

export interface Visitor {
  page: Page
  /** What went wrong in the page itself: uncaught errors, refused content, failed scripts. */
  complaints: string[]
}

/** Somebody with a browser of their own. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: studio,
    locale: 'en-US',
    // What is looked at stands still, and the app has to honour it.
    reducedMotion: 'reduce',
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
    ...options,
  })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // An answer that refuses is logged by the browser itself; the page's own words for it are looked at elsewhere.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  return { page, complaints }
}

/** The newest link in a letter to `address`. */
export async function linkFor(address: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const names = (await readdir(letters)).filter((name) => name.endsWith('.eml')).sort()
    for (const name of names.reverse()) {
      const letter = await readFile(join(letters, name), 'utf8')
      if (!letter.includes(`To: ${address}`)) continue
      const text = letter.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')
      const link = /https?:\/\/\S+#token=[\w.~-]+/.exec(text)
      if (link) return link[0]
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no letter to ${address}`)
}

/** Creates an account in the page and follows the letter; the page ends on the studio's first page. */
export async function register(page: Page, name: string, email: string): Promise<void> {
  await page.goto('/sign-up')
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(passwordOf(email))
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await page.goto(await linkFor(email))
  await page.getByRole('navigation').first().waitFor()
}

export function passwordOf(email: string): string {
  return `kettle ${email} lantern`
}

const standard = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Fails with every violation of WCAG 2.2 A and AA, and on whole pages of good practice, that axe finds in the page. */
export async function assertAccessible(page: Page, where: string, whole = true): Promise<void> {
  const tags = whole ? [...standard, 'best-practice'] : standard
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze()
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  )
  assert.deepEqual(found, [], where)
}

/** Nothing sticks out at the side. */
export async function assertFits(page: Page, where: string): Promise<void> {
  const sticking = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    return Array.from(document.querySelectorAll('body *'))
      .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
      .map((element) => `${element.tagName} ${element.className.toString()}`)
  })
  assert.deepEqual(sticking.slice(0, 5), [], where)
}
