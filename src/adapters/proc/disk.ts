import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from '../folders/index.ts'
import type { FilePlace } from '../../node/index.ts'
import type { Disk } from '../../ports/index.ts'
import { raiseProc } from './errors.ts'

/** Free space as an unprivileged writer sees it, of the file system that `path` is on or would be made on. */
export function hostDisk(): Disk {
  return {
    async freeBytes(path: string): Promise<number> {
      for (let at = path; ; at = dirname(at)) {
        try {
          const { bavail, bsize } = await statfs(at)
          return bavail * bsize
        } catch (error) {
          if (isAbsent(error) && dirname(at) !== at) continue
          throw raiseProc('DISK_UNREADABLE', { path, state: String(error) }, error)
        }
      }
    },
    async sizeBytes(path: string): Promise<number | undefined> {
      try {
        return (await stat(path)).size
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw raiseProc('DISK_UNREADABLE', { path, state: String(error) }, error)
      }
    },
    async placeOf(path: string): Promise<FilePlace | undefined> {
      try {
        const { dev, ino } = await stat(path, { bigint: true })
        const { type } = await statfs(path)
        return { inode: `${dev}:${ino}`, fileSystem: FILE_SYSTEMS[type] ?? 'other' }
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw raiseProc('DISK_UNREADABLE', { path, state: String(error) }, error)
      }
    },
    async makeDirectory(path: string): Promise<void> {
      try {
        await makeFolder(path)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
        throw raiseProc('DIRECTORY_UNMADE', { path, state: String(error) }, error)
      }
    },
  }
}

/** By their magic numbers (linux/magic.h). */
const FILE_SYSTEMS: Readonly<Record<number, FilePlace['fileSystem']>> = {
  0x01021994: 'tmpfs',
  0x858458f6: 'ramfs',
  0x794c7630: 'overlay',
  0x65735546: 'fuse',
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
