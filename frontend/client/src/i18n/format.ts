import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Numbers, times and sizes as the language writes them. */
export interface Formats {
  number: (value: number) => string
  /** 0.42 → 42 % */
  percent: (share: number) => string
  date: (time: string | Date) => string
  dateTime: (time: string | Date) => string
  /** "3 minutes ago", "in 2 days"; beyond four weeks the date. */
  relative: (time: string | Date, now?: Date) => string
  /** 1 500 000 → 1.5 MB (powers of ten, as the quotas count). */
  bytes: (bytes: number) => string
  /** 75 → 1:15, 3 675 → 1:01:15 */
  duration: (seconds: number) => string
  /** Minutes with at most one decimal: the unit of the render quota. */
  minutes: (seconds: number) => string
  money: (amount: number, currency: string) => string
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

export function formatsOf(language: string): Formats {
  const plain = new Intl.NumberFormat(language)
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  return {
    number: (value) => plain.format(value),
    percent: (share) => percent.format(share),
    date: (time) => date.format(new Date(time)),
    dateTime: (time) => dateTime.format(new Date(time)),
    relative: (time, now = new Date()) => {
      const seconds = (new Date(time).getTime() - now.getTime()) / 1000
      const distance = Math.abs(seconds)
      if (distance < MINUTE) return relative.format(0, 'second')
      if (distance < HOUR) return relative.format(Math.round(seconds / MINUTE), 'minute')
      if (distance < DAY) return relative.format(Math.round(seconds / HOUR), 'hour')
      if (distance < 28 * DAY) return relative.format(Math.round(seconds / DAY), 'day')
      return date.format(new Date(time))
    },
    bytes: (bytes) => {
      const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1)
      return new Intl.NumberFormat(language, {
        style: 'unit',
        unit: units[step] ?? 'byte',
        unitDisplay: 'short',
        maximumFractionDigits: step > 1 ? 1 : 0,
      }).format(bytes / 1000 ** step)
    },
    duration: (seconds) => {
      const whole = Math.round(seconds)
      const parts = [Math.floor(whole / HOUR), Math.floor((whole % HOUR) / MINUTE), whole % MINUTE]
      return (parts[0] === 0 ? parts.slice(1) : parts)
        .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0')))
        .join(':')
    },
    minutes: (seconds) => tenths.format(seconds / MINUTE),
    money: (amount, currency) =>
      new Intl.NumberFormat(language, {
        style: 'currency',
        currency,
        minimumFractionDigits: Number.isInteger(amount) ? 0 : 2,
      }).format(amount),
  }
}

export function useFormats(): Formats {
  const { i18n } = useTranslation()
  return useMemo(() => formatsOf(i18n.language), [i18n.language])
}
