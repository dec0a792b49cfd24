import { renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { InstanceFiles } from '../../ports/index.ts'
import { readIfThere, replaceFile, syncDirectory } from './durable-file.ts'
import { raise } from './errors.ts'

const PART_BYTES = 4 * 2 ** 20

/** Kernel, ramdisk and command line of what machines have deployed: `machines/UUID/boot` below the state directory. */
export function openInstanceFiles(directory: string): InstanceFiles {
  const folder = (machine: string): string => join(directory, 'machines', machine, 'boot')
  const path = (machine: string, name: string): string => join(folder(machine), name)
  return {
    async save(machine, { kernel, ramdisk, commandLine }) {
      const to = folder(machine)
      const next = `${to}.new`
      try {
        rmSync(next, { recursive: true, force: true })
        makeFolderSync(next, { mode: 0o700 })
        await copy(kernel, join(next, 'kernel'))
        if (ramdisk !== undefined) await copy(ramdisk, join(next, 'ramdisk'))
        replaceFile(join(next, 'command-line'), commandLine)
        rmSync(to, { recursive: true, force: true })
        renameSync(next, to)
        syncDirectory(join(to, '..'))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error
        throw raise('STATE_UNWRITABLE', { path: to, why: (error as Error).message }, error)
      }
    },
    commandLine: async (machine) => readIfThere(path(machine, 'command-line')),
    hasRamdisk: async (machine) => {
      const file = await open(path(machine, 'ramdisk')).catch(() => undefined)
      await file?.close()
      return file !== undefined
    },
    path,
    remove: async (machine) => rmSync(folder(machine), { recursive: true, force: true }),
  }
}

async function copy(source: ByteSource, path: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    for (let at = 0; at < source.size; at += PART_BYTES) {
      await file.write(await source.read(at, Math.min(PART_BYTES, source.size - at)))
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
