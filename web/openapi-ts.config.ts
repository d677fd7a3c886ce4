import { readFileSync } from 'node:fs'
import { defineConfig } from '@hey-api/openapi-ts'

interface Document {
  paths: Record<string, Record<string, { operationId?: string }>>
}

/** FastAPI appends path and method to an operation's name; the client's functions are called by the name alone. */
function readDocument(): Record<string, unknown> {
  const document = JSON.parse(readFileSync('openapi.json', 'utf8')) as Document
  for (const operations of Object.values(document.paths)) {
    for (const operation of Object.values(operations)) operation.operationId = operation.operationId?.replace(/_api_.*$/, '') ?? ''
  }
  return document as unknown as Record<string, unknown>
}

export default defineConfig({
  input: readDocument(),
  output: { path: 'src/api/generated', clean: true },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', { name: '@hey-api/sdk', responseStyle: 'data' }],
})
