import { mkdir, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { systemReason } from '../../core/index.ts'
import type { OutputFile, OutputFolder } from '../../ports/index.ts'
import { dataRuns } from './data-runs.ts'
import { raise } from './errors.ts'
import { writeAll } from './write-all.ts'

export type OutputFolderOptions = Readonly<{
  directory: string
  /** All the names that will be given: looked at before anything is written. */
  names: readonly string[]
  existing: 'refuse' | 'replace'
  /** How much may be written at most, in bytes. */
  neededBytes: number
}>

type Pending = Readonly<{ name: string; temporaryPath: string; handle: FileHandle }>

/**
 * A directory for the results of a conversion. Throws OUTPUT_EXISTS, OUTPUT_FULL or OUTPUT_UNWRITABLE before anything
 * is written. Files are not synced: what matters holds their checksums and is committed last.
 */
export async function openOutputFolder(options: OutputFolderOptions): Promise<OutputFolder> {
  const { directory, names, existing, neededBytes } = options
  try {
    await mkdir(directory, { recursive: true })
    await removeLeftOvers(directory)
  } catch (error) {
    // The directory itself may be there.
    const why =
      (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'it is no directory' : systemReason(error)
    throw raise('OUTPUT_UNWRITABLE', { path: directory, why }, error)
  }
  await checkNames({ directory, names, existing })
  const { bavail, bsize } = await statfs(directory)
  if (bavail * bsize < neededBytes) {
    throw raise('OUTPUT_FULL', { path: directory, freeBytes: bavail * bsize, neededBytes })
  }
  return folder(directory)
}

/** Throws OUTPUT_EXISTS where one of the files is there and is not to be replaced. Changes nothing. */
export async function checkNames({
  directory,
  names,
  existing,
}: Pick<OutputFolderOptions, 'directory' | 'names' | 'existing'>): Promise<void> {
  if (existing === 'replace') return
  for (const name of names) {
    const path = join(directory, name)
    if (await exists(path)) throw raise('OUTPUT_EXISTS', { path })
  }
}

function folder(directory: string): OutputFolder {
  let pending: Pending[] = []
  return {
    async create(name, sizeBytes): Promise<OutputFile> {
      const temporaryPath = join(directory, `.${name}.${process.pid}.partial`)
      try {
        const handle = await open(temporaryPath, 'w+', 0o644)
        pending.push({ name, temporaryPath, handle })
        await handle.truncate(sizeBytes)
        return {
          temporaryPath,
          async write(bytes, offsetBytes) {
            await writeOutput(handle, bytes, offsetBytes, temporaryPath)
          },
          async writeSparse(bytes, offsetBytes) {
            let written = 0
            for (const { start, end } of dataRuns(bytes)) {
              await writeOutput(handle, bytes.subarray(start, end), offsetBytes + start, temporaryPath)
              written += end - start
            }
            return written
          },
        }
      } catch (error) {
        throw raise('OUTPUT_UNWRITABLE', { path: temporaryPath, why: systemReason(error) }, error)
      }
    },
    async commit() {
      for (const { handle } of pending) await handle.close()
      for (const { name, temporaryPath } of pending) {
        try {
          await rename(temporaryPath, join(directory, name))
        } catch (error) {
          throw raise('OUTPUT_UNWRITABLE', { path: join(directory, name), why: systemReason(error) }, error)
        }
      }
      pending = []
    },
    async discard() {
      for (const { handle, temporaryPath } of pending) {
        await handle.close().catch(() => undefined)
        await unlink(temporaryPath).catch(() => undefined)
      }
      pending = []
    },
  }
}

async function writeOutput(
  handle: FileHandle,
  bytes: Uint8Array,
  offsetBytes: number,
  path: string,
): Promise<void> {
  try {
    await writeAll(handle, bytes, offsetBytes)
  } catch (error) {
    throw raise('OUTPUT_UNWRITABLE', { path, why: systemReason(error) }, error)
  }
}

/** Of runs that were killed: their process is gone. */
async function removeLeftOvers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /^\..+\.(\d+)\.partial$/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await unlink(join(directory, name))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process: alive.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
