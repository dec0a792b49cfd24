import { link, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, systemReason } from '../../core/index.ts'
import type { OutputFile, OutputFolder } from '../../ports/index.ts'
import { dataRuns } from './data-runs.ts'
import { makeFolder } from '../folders/index.ts'
import { raise } from './errors.ts'
import { writeAll } from './write-all.ts'

export type OutputFolderOptions = Readonly<{
  directory: string
  /** All the names that will be given: looked at before anything is written. */
  names: readonly string[]
  existing: 'refuse' | 'replace'
  /** How much may be written at most, in bytes. */
  neededBytes: number
  /** Called when all is written; what it throws keeps the results from getting their names. */
  beforeCommit?: () => Promise<void>
}>

/** Several conversions of one process may write into one directory. */
let serial = 0

type Pending = Readonly<{ name: string; temporaryPath: string; handle: FileHandle }>

/**
 * A directory for the results of a conversion. Throws OUTPUT_EXISTS, OUTPUT_FULL or OUTPUT_UNWRITABLE before anything
 * is written. Files are not synced: what matters holds their checksums and is committed last.
 */
export async function openOutputFolder(options: OutputFolderOptions): Promise<OutputFolder> {
  const { directory, names, existing, neededBytes } = options
  try {
    await makeFolder(directory)
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
    throw raise('OUTPUT_FULL', {
      path: directory,
      free: formatBytes(bavail * bsize),
      needed: formatBytes(neededBytes),
    })
  }
  return folder(options)
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

function folder({ directory, existing, beforeCommit }: OutputFolderOptions): OutputFolder {
  let pending: Pending[] = []
  return {
    async create(name, sizeBytes): Promise<OutputFile> {
      serial += 1
      const temporaryPath = join(directory, `.${name}.${serial}.${process.pid}.partial`)
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
      await beforeCommit?.()
      for (const { handle } of pending) await handle.close()
      const placed: string[] = []
      try {
        for (const { name, temporaryPath } of pending) {
          const path = join(directory, name)
          await place(temporaryPath, path, existing)
          placed.push(path)
        }
      } catch (error) {
        // Another conversion into the same directory was faster: all of its files, and none of these.
        if (existing === 'refuse') for (const path of placed) await unlink(path).catch(() => undefined)
        throw error
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

/** Gives a file its name. With `refuse` it never takes the place of another one, which a check beforehand cannot promise. */
async function place(
  temporaryPath: string,
  path: string,
  existing: OutputFolderOptions['existing'],
): Promise<void> {
  try {
    if (existing === 'refuse' && (await linked(temporaryPath, path))) await unlink(temporaryPath)
    else await rename(temporaryPath, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw raise('OUTPUT_EXISTS', { path }, error)
    throw raise('OUTPUT_UNWRITABLE', { path, why: systemReason(error) }, error)
  }
}

/** False on file systems without hard links (FAT, some of networks). */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error
    return false
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
