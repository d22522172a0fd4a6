import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `npm run dev` finds the studio (`keyreel up`). */
const studio = process.env.KEYREEL_STUDIO ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  server: {
    host: '127.0.0.1',
    // The studio compares Origin with its own address, so the proxy speaks under that address.
    proxy: Object.fromEntries(
      ['/api', '/media', '/.well-known'].map((path) => [
        path,
        { target: studio, changeOrigin: true, headers: { origin: studio } },
      ]),
    ),
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // The content security policy allows fonts and pictures of our own origin only; nothing is inlined as data.
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What changes only with an update of a library keeps its name, and so its place in the browser's cache.
          groups: [{ name: 'react', test: /node_modules[\\/](?:react|react-dom|scheduler)[\\/]/ }],
        },
      },
    },
  },
})
