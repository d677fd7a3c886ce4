import { createHash } from 'node:crypto'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { pagesOfTheDocs } from './src/docs/rendering.ts'

// The development server hands everything that is not the client's own to a running backend.
const backend = process.env['TALKWRIGHT_BACKEND'] ?? 'http://127.0.0.1:8000'

const WORKER = 'worker.js'

/** Writes the names of all built files into the worker that keeps them, and a name for all of them together. */
function filesForTheWorker(): Plugin {
  return {
    name: 'files-for-the-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const worker = bundle[WORKER]
        if (worker?.type !== 'chunk' || worker.imports.length > 0) throw new Error('The worker is not built into one file of its own')
        const page = bundle['index.html']
        const files = ['/icon.svg', ...Object.keys(bundle).filter((name) => name.startsWith('assets/')).map((name) => `/${name}`)].toSorted()
        const build = createHash('sha256').update([worker.code, page?.type === 'asset' ? String(page.source) : '', ...files].join('\n')).digest('hex').slice(0, 16)
        worker.code = worker.code.replaceAll('FILES_OF_THE_BUILD', JSON.stringify(files)).replaceAll('NAME_OF_THE_BUILD', JSON.stringify(build))
      },
    },
  }
}

export default defineConfig({
  plugins: [pagesOfTheDocs(), react(), filesForTheWorker()],
  // The pages of docs/ lie outside of this folder and find the client's packages all the same.
  resolve: { dedupe: ['react'] },
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    rollupOptions: {
      input: { index: 'index.html', worker: 'src/worker.ts' },
      output: { entryFileNames: ({ name }) => (name === 'worker' ? WORKER : 'assets/[name]-[hash].js') },
    },
  },
  server: { host: '127.0.0.1', fs: { allow: ['.', '../docs'] }, proxy: { '/api': backend, '/auth': backend } },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    // What needs a document says so in its first line, and pays for one.
    environment: 'node',
    maxWorkers: '100%',
    css: false,
    // On a busy machine a test's first import alone takes seconds.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One file instead of one for each icon.
    alias: { '@tabler/icons-react': '@tabler/icons-react/dist/cjs/tabler-icons-react.cjs' },
  },
})
