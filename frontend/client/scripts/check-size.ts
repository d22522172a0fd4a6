/** Fails when the code a first visit loads, compressed, is over its budget. Run by `npm run build`. */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

const BUDGET = 200_000
const dist = new URL('../dist/', import.meta.url)

interface Chunk {
  file: string
  isEntry?: boolean
  imports?: string[]
}

const manifest = JSON.parse(await readFile(new URL('.vite/manifest.json', dist), 'utf8')) as Record<
  string,
  Chunk
>
const initial = new Set<string>()

function add(chunk: Chunk | undefined): void {
  if (chunk === undefined || initial.has(chunk.file)) return
  initial.add(chunk.file)
  for (const name of chunk.imports ?? []) add(manifest[name])
}

for (const chunk of Object.values(manifest)) if (chunk.isEntry) add(chunk)
let bytes = 0
for (const file of initial) bytes += gzipSync(await readFile(new URL(file, dist)), { level: 9 }).byteLength
const words = `first visit: ${String(Math.round(bytes / 1000))} kB of JavaScript, compressed, in ${String(initial.size)} files (at most ${String(BUDGET / 1000)} kB)`
if (bytes > BUDGET) {
  console.error(words)
  process.exit(1)
}
console.log(words)
