import { mkdirSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export type FolderOptions = Readonly<{
  /** Of every directory that is made; by default 0777, less the umask. */
  mode?: number
}>

/**
 * Makes a directory and those above it, where they are missing. Node's own recursive mkdir does not end on some virtual file systems,
 * and says ENOENT of a read-only one. Throws what mkdir(2) says.
 */
export async function makeFolder(path: string, options: FolderOptions = {}): Promise<void> {
  try {
    await mkdir(path, options)
  } catch (error) {
    if (await isFolder(path)) return
    const above = dirname(path)
    if (!isMissing(error) || above === path) throw error
    await makeFolder(above, options)
    await mkdir(path, options).catch(async (again: unknown) => {
      // Somebody else was faster.
      if (!(await isFolder(path))) throw again
    })
  }
}

/** As `makeFolder`. */
export function makeFolderSync(path: string, options: FolderOptions = {}): void {
  try {
    mkdirSync(path, options)
  } catch (error) {
    const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    if (isThere()) return
    const above = dirname(path)
    if (!isMissing(error) || above === path) throw error
    makeFolderSync(above, options)
    try {
      mkdirSync(path, options)
    } catch (again) {
      if (!isThere()) throw again
    }
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
