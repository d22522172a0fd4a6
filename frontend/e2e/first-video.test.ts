/** From nothing to a film and back: what a new client does on the first day. */
import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { FILM, openBrowser, register, visit } from './browser.ts'

const samples = new URL('../../services/orchestrator/providers/samples/', import.meta.url)
const photos = ['aurora-lake.jpg', 'coffee-desk.jpg'].map((name) => new URL(name, samples).pathname)
const script =
  'Tea is made of leaves and hot water.\n\nGive the leaves room to open.\n\nThen take your cup outside.'

let browser: Browser
before(async () => {
  browser = await openBrowser()
})
after(() => browser.close())

test('a new client makes a film of a text and two photos, edits it, deletes it and has it back', async () => {
  const { page, complaints } = await visit(browser)
  await register(page, 'Grace', 'grace@example.com')
  await page.getByRole('link', { name: 'Make your first video' }).first().click()
  await create(page)
  await watchItArrive(page)
  const scenes = await play(page)
  await download(page)
  await editOneScene(page, scenes)
  await deleteAndRestore(page)
  assert.deepEqual(complaints, [])
})

async function create(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Script' }).fill(script)
  await page.locator('input[type=file]').setInputFiles(photos)
  const submit = page.getByRole('button', { name: 'Create video' }).first()
  await page.getByRole('button', { name: 'Remove coffee-desk.jpg' }).waitFor()
  await page.waitForFunction(
    () => !/Upload of|Being checked|Waiting for its turn/.test(document.body.innerText),
  )
  await submit.click()
  await page.waitForURL('**/jobs/*')
}

/** Progress comes by the live stream: it grows, never falls, and the page does not ask again and again. */
async function watchItArrive(page: Page): Promise<void> {
  const asked: string[] = []
  page.on('request', (request) => {
    if (/\/api\/v1\/jobs\/[0-9a-f-]+$/.test(request.url())) asked.push(request.url())
  })
  const bar = page.getByRole('progressbar', { name: 'Progress of the video' })
  const seen: number[] = []
  const until = Date.now() + FILM
  while (Date.now() < until && (await page.getByRole('link', { name: 'Open video' }).count()) === 0) {
    const value = await bar.getAttribute('aria-valuenow', { timeout: 500 }).catch(() => null)
    if (value !== null && Number(value) !== seen.at(-1)) seen.push(Number(value))
    await page.waitForTimeout(50)
  }
  await page.getByRole('link', { name: 'Open video' }).waitFor()
  assert.ok(seen.length >= 3, `progress was ${seen.join(', ')}`)
  assert.deepEqual(
    seen,
    [...seen].sort((one, other) => one - other),
  )
  assert.ok(
    asked.length <= seen.length + 2,
    `asked ${String(asked.length)} times for ${String(seen.length)} values`,
  )
}

/** Plays, seeks, and sees another picture there; how many scenes there are. */
async function play(page: Page): Promise<number> {
  const partial = page.waitForResponse(
    (answer) => answer.url().includes('/media/') && answer.status() === 206,
    { timeout: 30_000 },
  )
  await page.getByRole('link', { name: 'Open video' }).click()
  await page.waitForURL('**/videos/*')
  await page.getByRole('button', { name: 'Edit scene 1' }).waitFor()
  const film = page.locator('video')
  await film.evaluate((video: HTMLVideoElement) => video.play())
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.3)
  await partial
  const pictures = await film.evaluate(async (video: HTMLVideoElement) => {
    video.pause()
    const canvas = new OffscreenCanvas(64, 36)
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('no canvas')
    const draw = () => {
      context.drawImage(video, 0, 0, 64, 36)
      return [...context.getImageData(0, 0, 64, 36).data]
    }
    const first = draw()
    const sought = new Promise((resolve) => {
      video.addEventListener('seeked', resolve, { once: true })
    })
    video.currentTime = video.duration * 0.7
    await sought
    const second = draw()
    const difference = first.reduce((sum, value, at) => sum + Math.abs(value - (second[at] ?? 0)), 0)
    return { difference: difference / first.length, duration: video.duration, ended: video.currentTime }
  })
  assert.ok(pictures.duration > 4, `a film of ${String(pictures.duration)} s`)
  assert.ok(Math.abs(pictures.ended - pictures.duration * 0.7) < 0.5)
  assert.ok(pictures.difference > 5, 'the same picture before and after seeking')
  const captions = await page.locator('video track').getAttribute('src')
  assert.ok(captions)
  assert.match(await (await page.request.get(captions)).text(), /^WEBVTT[\s\S]*leaves/)
  return page.getByRole('button', { name: /^Edit scene/ }).count()
}

async function download(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Download' }).click()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Film (MP4)' }).click(),
  ])
  const path = await file.path()
  assert.match(file.suggestedFilename(), /\.mp4$/)
  assert.ok((await stat(path)).size > 50_000)
  assert.equal((await readFile(path)).subarray(4, 8).toString(), 'ftyp')
}

async function editOneScene(page: Page, scenes: number): Promise<void> {
  assert.ok(scenes >= 3)
  await page.getByRole('button', { name: 'Edit scene 2' }).click()
  await page
    .getByRole('textbox', { name: 'Narration and captions' })
    .fill('Give the leaves a lot of room to open.')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Render the change' }).click()
  await page
    .getByText(`1 of ${String(scenes)} scenes drawn again`)
    .first()
    .waitFor({ timeout: FILM })
  await page.getByRole('heading', { name: 'Versions' }).waitFor()
}

async function deleteAndRestore(page: Page): Promise<void> {
  const title = await page.getByRole('heading', { level: 1 }).innerText()
  await page.getByRole('button', { name: 'Options' }).last().click()
  await page.getByRole('menuitem', { name: 'Move to trash' }).click()
  await page.waitForURL('**/library*')
  await page.getByText('Your videos will be here').waitFor()
  await page.getByRole('link', { name: 'Trash' }).click()
  await page.getByRole('link', { name: title }).first().click()
  await page.getByRole('button', { name: 'Restore' }).click()
  await page.getByText('Video restored').waitFor()
  await page.getByRole('navigation').first().getByRole('link', { name: 'Library' }).click()
  await page.getByRole('link', { name: title }).first().waitFor()
}
