import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { descriptorsOf, isWritable } from './descriptors.ts'
import { goneOrThrow, readProcLink } from './proc-files.ts'

/** Files to look for among the descriptors of processes. */
export type WantedFiles = Readonly<{
  /** By `device:inode`: a process in another mount namespace knows a file by another path. */
  paths: ReadonlyMap<string, string>
  /** Their last path components: only what is called so is asked of, since a file system that hangs holds up who asks. */
  names: ReadonlySet<string>
}>

/** Files that are missing are left out. */
export function wantedFiles(paths: readonly string[]): WantedFiles {
  return {
    paths: new Map(
      paths.flatMap((path) => {
        const inode = inodeOf(path)
        return inode === undefined ? [] : [[inode, path] as const]
      }),
    ),
    names: new Set(paths.map((path) => basename(path))),
  }
}

/** Those of the files that the process has open for writing. */
export function writtenBy(processDir: string, { paths, names }: WantedFiles): readonly string[] {
  return descriptorsOf(processDir).flatMap((link) => {
    if (!names.has(basename(readProcLink(link) ?? '')) || !isWritable(link)) return []
    const path = paths.get(inodeOf(link) ?? '')
    return path === undefined ? [] : [path]
  })
}

function inodeOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    return goneOrThrow(error)
  }
}
