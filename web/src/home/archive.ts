/** A project as one archive: an archive as it is, or a dropped folder packed in the browser. */
import type { Instance } from '../api'

export interface Chosen {
  name: string
  archive: Blob
  /** Folders that are never part of a project and were not packed. */
  skipped: readonly string[]
}

export const ARCHIVES = '.zip,.tar.gz,.tgz'

/** Whether a file or folder of this name is never part of a project: tools' folders, and what may hold secrets. The list is the server's. */
export type Never = (name: string) => boolean

export function neverOf({ names, beginnings }: Instance['left_out']): Never {
  return (name) => names.includes(name) || beginnings.some((beginning) => name.startsWith(beginning))
}

export type WhyLeftOut = 'history' | 'models' | 'secrets' | 'tool' | 'ignored'

/** Why a file or folder does not come in; what is never part of a project and is no tool's, by its name. Pure. */
export function whyLeftOut(path: string, never: Never): WhyLeftOut {
  const name = path.replace(/\/$/, '').split('/').at(-1) ?? ''
  if (name === '.git') return 'history'
  if (name === 'models') return 'models'
  if (name.startsWith('.env')) return 'secrets'
  return never(name) ? 'tool' : 'ignored'
}

export function archiveType(name: string): string | null {
  if (/\.zip$/i.test(name)) return 'application/zip'
  return /\.(tar\.gz|tgz)$/i.test(name) ? 'application/gzip' : null
}

/** One dropped or picked archive; null where it is none. */
export function chosenArchive(file: File): Chosen | null {
  const type = archiveType(file.name)
  return type === null ? null : { name: file.name, archive: new Blob([file], { type }), skipped: [] }
}

/** Packs a folder's files by their paths inside it. */
export async function packed(name: string, files: readonly { path: string; file: File }[], skipped: readonly string[]): Promise<Chosen> {
  const { zip } = await import('fflate')
  const contents: Record<string, Uint8Array> = {}
  for (const { path, file } of files) contents[path] = new Uint8Array(await file.arrayBuffer())
  const data = await new Promise<Uint8Array>((resolve, reject) => zip(contents, { level: 6 }, (error, result) => (error ? reject(error) : resolve(result))))
  return { name, archive: new Blob([data.slice()], { type: 'application/zip' }), skipped }
}

/** The files of a folder picked with the file dialog. */
export async function chosenFolder(list: readonly File[], never: Never): Promise<Chosen | null> {
  const files: { path: string; file: File }[] = []
  const skipped = new Set<string>()
  let folder = ''
  for (const file of list) {
    const [top = '', ...rest] = file.webkitRelativePath.split('/')
    folder = top
    const at = rest.findIndex(never)
    if (at >= 0) skipped.add(`${rest.slice(0, at + 1).join('/')}${at < rest.length - 1 ? '/' : ''}`)
    else files.push({ path: rest.join('/'), file })
  }
  return files.length === 0 ? null : packed(folder, files, [...skipped])
}

/** What was dropped: one archive or one folder. A drop's contents are gone after it, so they are taken before anything is asked. */
export async function chosenByDrop(transfer: DataTransfer, ask: () => Promise<Never>): Promise<Chosen | 'several' | null> {
  if (transfer.files.length > 1) return 'several'
  const entry = transfer.items[0]?.webkitGetAsEntry()
  const file = transfer.files[0]
  if (entry?.isDirectory) {
    const files: { path: string; file: File }[] = []
    const skipped: string[] = []
    await walk(entry as FileSystemDirectoryEntry, '', files, skipped, await ask())
    return files.length === 0 ? null : packed(entry.name, files, skipped)
  }
  return file === undefined ? null : chosenArchive(file)
}

async function walk(folder: FileSystemDirectoryEntry, path: string, files: { path: string; file: File }[], skipped: string[], never: Never): Promise<void> {
  const reader = folder.createReader()
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (entries.length === 0) return
    for (const entry of entries) {
      const at = path === '' ? entry.name : `${path}/${entry.name}`
      if (never(entry.name)) skipped.push(entry.isDirectory ? `${at}/` : at)
      else if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, at, files, skipped, never)
      else files.push({ path: at, file: await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)) })
    }
  }
}
