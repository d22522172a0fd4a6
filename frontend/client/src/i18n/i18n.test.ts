import { describe, expect, it } from 'vitest'
import { problemCodes } from '../../../packages/api/src/problemCodes'
import { resources as english } from './en'
import { resources as french } from './fr'

type Texts = { [key: string]: string | Texts }

const plural = /_(?:zero|one|two|few|many|other)$/

function keysOf(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : keysOf(value, `${prefix}${key}.`),
  )
}

function textOf(texts: Texts, key: string): string {
  return key.split('.').reduce<string | Texts>((at, name) => (at as Texts)[name] ?? '', texts) as string
}

function fieldsOf(text: string): string[] {
  return [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort()
}

const en: Record<string, Texts> = english
const fr: Record<string, Texts> = french

describe.each(Object.keys(en))('the texts of %s', (namespace) => {
  const ours = keysOf(en[namespace] ?? {})
  const theirs = keysOf(fr[namespace] ?? {})
  const bare = (keys: string[]) => [...new Set(keys.map((key) => key.replace(plural, '')))].sort()

  it('say the same things in both languages', () => {
    expect(bare(theirs)).toEqual(bare(ours))
  })

  it('have every plural form of their language', () => {
    const missing = ['en', 'fr'].flatMap((language) => {
      const keys = language === 'en' ? ours : theirs
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
      const counted = new Set(keys.filter((key) => plural.test(key)).map((key) => key.replace(plural, '')))
      return [...counted]
        .flatMap((key) => forms.map((form) => `${key}_${form}`))
        .filter((key) => !keys.includes(key))
    })
    expect(missing).toEqual([])
  })

  it('name the same values in both languages', () => {
    const different = ours.filter(
      (key) =>
        !plural.test(key) &&
        String(fieldsOf(textOf(en[namespace] ?? {}, key))) !==
          String(fieldsOf(textOf(fr[namespace] ?? {}, key))),
    )
    expect(different).toEqual([])
  })
})

/** Every key written out in the code, and beginnings and ends of keys that are put together. */
function mentioned(files: Record<string, string>) {
  const whole = new Set<string>()
  const begun = new Set<string>()
  const ended = new Set<string>()
  for (const [file, code] of Object.entries(files)) {
    if (file.includes('.test.')) continue
    for (const [, key = ''] of code.matchAll(/['"`](?:\w+:)?([\w.-]+)['"`]/g)) whole.add(key)
    for (const [, start = ''] of code.matchAll(/`(?:\w+:)?([\w.-]+[._])\$\{/g)) begun.add(start)
    for (const [, end = ''] of code.matchAll(/`\$\{\w+\}(\.[\w.]+)`/g)) ended.add(end)
  }
  return { whole, begun: [...begun], ended: [...ended] }
}

describe('every text', () => {
  const { whole, begun, ended } = mentioned(
    import.meta.glob<string>('../**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true }),
  )
  // The codes of refusals come from the server.
  it.each(Object.keys(en).filter((namespace) => namespace !== 'errors'))('of %s is used', (namespace) => {
    const unused = keysOf(en[namespace] ?? {})
      .map((key) => key.replace(plural, ''))
      .filter((key) => !whole.has(key))
      .filter(
        (key) => !begun.some((start) => key.startsWith(start)) && !ended.some((end) => key.endsWith(end)),
      )
    expect(unused).toEqual([])
  })
})

it('every refusal of the API has words', () => {
  const spoken = keysOf(en.errors ?? {})
  expect(Object.keys(problemCodes).filter((code) => !spoken.includes(code))).toEqual([])
})
