import { existsSync, readdirSync } from 'node:fs'
import js from '@eslint/js'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'

const featuresFolder = new URL('client/src/features/', import.meta.url)
const features = existsSync(featuresFolder) ? readdirSync(featuresFolder) : []

/** A feature may use `@/app`, `@/i18n` and the packages, never another feature. */
const featureBoundaries = features.map((feature) => ({
  files: [`client/src/features/${feature}/**/*.{ts,tsx}`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: [
          { name: 'zod', message: 'Import z from @/app/zod: it is set up for the content security policy.' },
        ],
        patterns: features
          .filter((other) => other !== feature)
          .map((other) => ({
            group: [`@/features/${other}`, `@/features/${other}/*`, `**/../${other}/*`],
            message: `Features never import each other: move what ${feature} and ${other} share to a package or to app/.`,
          })),
      },
    ],
  },
}))

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'packages/api/src/schema.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-console': 'error',
    },
  },
  { files: ['client/src/**', 'packages/**'], languageOptions: { globals: globals.browser } },
  {
    files: ['client/scripts/**', 'client/public/**', 'packages/*/scripts/**', 'e2e/**', '*.config.{js,ts}'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['packages/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@/*'], message: 'Packages know nothing of the apps.' }] },
      ],
    },
  },
  ...featureBoundaries,
)
