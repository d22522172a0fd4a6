import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problemCodes } from '../../packages/api/src/problemCodes'

const src = join(import.meta.dirname, '../src')
const plural = /_(zero|one|two|few|many|other)$/

interface Messages {
  [key: string]: string | Messages
}

function read(path: string): Map<string, string> {
  const flat = new Map<string, string>()
  function walk(messages: Messages, prefix: string): void {
    for (const [key, value] of Object.entries(messages)) {
      if (typeof value === 'string') flat.set(prefix + key, value)
      else walk(value, `${prefix}${key}.`)
    }
  }
  walk(JSON.parse(readFileSync(path, 'utf8')) as Messages, '')
  return flat
}

const namespaces = [
  ...readdirSync(join(src, 'features')).map((name) => ({
    name,
    file: (language: string) => join(src, 'features', name, 'messages', `${language}.json`),
  })),
  ...['common', 'errors'].map((name) => ({
    name,
    file: (language: string) => join(src, 'i18n', language, `${name}.json`),
  })),
]

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
  .map((name) => readFileSync(join(src, name), 'utf8'))
  .join('\n')
/** What stands in quotes, and what is put together: `stage.${name}` can be any `stage.…`. */
const quoted = new Set([...sources.matchAll(/['"]([\w:.-]+)['"]/g)].map(([, text]) => text ?? ''))
const composed = [...sources.matchAll(/`((?:[\w:.-]|\$\{[^}`]*\})+)`/g)]
  .map(([, text]) => (text ?? '').split(/\$\{[^}]*\}/))
  .filter((parts) => parts.length > 1 && parts.join('').length > 2)
  .map((parts) => new RegExp(`^${parts.map((part) => part.replaceAll('.', '\\.')).join('.+')}$`))

function isUsed(namespace: string, key: string): boolean {
  return [key, `${namespace}:${key}`].some(
    (name) => quoted.has(name) || composed.some((pattern) => pattern.test(name)),
  )
}

describe.each(namespaces)('the messages of $name', ({ name, file }) => {
  const en = read(file('en'))
  const fr = read(file('fr'))

  it('are the same in both languages, with every plural form each needs', () => {
    const base = (messages: Map<string, string>) =>
      new Set([...messages.keys()].map((key) => key.replace(plural, '')))
    expect(base(fr)).toEqual(base(en))
    const formsOf = (messages: Map<string, string>, key: string) =>
      [...messages.keys()].filter((one) => plural.test(one) && one.replace(plural, '') === key).length
    for (const key of base(en)) {
      if (formsOf(en, key) === 0) expect(fr.has(key), key).toBe(true)
      else expect([formsOf(en, key), formsOf(fr, key)], key).toEqual([2, 3])
    }
  })

  it('have the same gaps to fill', () => {
    const gaps = (text: string) => new Set([...text.matchAll(/\{\{(\w+)\}\}|<(\w+)>/g)].map(([gap]) => gap))
    for (const [key, text] of en) {
      const other = fr.get(key)
      // "one minute" needs no number where the other forms do.
      if (other !== undefined && !key.endsWith('_one')) expect(gaps(other), key).toEqual(gaps(text))
    }
  })

  it('are words, and each is used', () => {
    for (const [key, text] of en) {
      expect(text.trim(), key).not.toBe('')
      if (name !== 'errors')
        expect(isUsed(name, key.replace(plural, '')), `${key} is used nowhere`).toBe(true)
    }
  })
})

it('every refusal of the API has words of its own', () => {
  const spoken = read(join(src, 'i18n', 'en', 'errors.json'))
  expect(
    Object.keys(problemCodes).filter((code) => ![...spoken.keys()].some((key) => key.split('.')[0] === code)),
  ).toEqual([])
})
