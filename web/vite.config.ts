import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// The development server hands everything that is not the client's own to a running backend.
const backend = process.env['TALKWRIGHT_BACKEND'] ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', sourcemap: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 800 },
  server: { host: '127.0.0.1', proxy: { '/api': backend, '/auth': backend } },
  test: { environment: 'jsdom', setupFiles: ['src/test/setup.ts'], css: false, include: ['src/**/*.test.{ts,tsx}'] },
})
