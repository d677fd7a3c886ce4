/** What parts of an item are called: by their file's name, with as many of its folders as tell it from the others. */
export function partNames(files: readonly string[]): string[] {
  return files.map((file) => {
    const others = files.filter((other) => other !== file)
    const names = file.split('/').map((_, folders) => tail(file, folders))
    return names.find((name, folders) => others.every((other) => tail(other, folders) !== name)) ?? file
  })
}

function tail(file: string, folders: number): string {
  return file.split('/').slice(-1 - folders).join('/')
}
