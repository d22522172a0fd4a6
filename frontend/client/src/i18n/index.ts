import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { resources } from './en'

export const languages = { en: 'English', fr: 'Français' } as const
export type Language = keyof typeof languages

const STORED = 'keyreel.language'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    /** The English texts: an unknown key is a type error. i18n.test.ts holds the other languages to the same keys. */
    resources: typeof resources
  }
}

const load: Record<Language, () => Promise<{ resources: object }>> = {
  en: () => import('./en'),
  fr: () => import('./fr'),
}

function isLanguage(value: string | null | undefined): value is Language {
  return value !== null && value !== undefined && value in languages
}

/** The language chosen here before, else the first of the browser's that there is, else English. */
function preferred(): Language {
  const stored = localStorage.getItem(STORED)
  if (isLanguage(stored)) return stored
  return navigator.languages.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en'
}

async function add(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, 'common')) return
  const { resources } = await load[language]()
  for (const [namespace, texts] of Object.entries(resources))
    i18next.addResourceBundle(language, namespace, texts)
}

export async function startI18n(language: Language = preferred()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    defaultNS: 'common',
    fallbackLng: false,
    interpolation: { escapeValue: false }, // React escapes
    partialBundledLanguages: true,
    resources: {},
  })
  await speak(language)
}

/** Changes the language of the page and remembers it in this browser. */
export async function speak(language: Language): Promise<void> {
  await add(language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORED, language)
  await speak(language)
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : 'en'
}
