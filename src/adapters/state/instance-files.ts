import { existsSync, linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { InstanceFile, InstanceFiles, NetworkBoot } from '../../ports/index.ts'
import { readIfThere, replaceFile, syncDirectory } from './durable-file.ts'
import { raise } from './errors.ts'

const PART_BYTES = 4 * 2 ** 20

const NAMES: Readonly<Record<InstanceFile, string>> = {
  kernel: 'kernel',
  ramdisk: 'ramdisk',
  rootImage: 'root-image',
}
const FILES = Object.keys(NAMES) as readonly InstanceFile[]

/**
 * Kernel, ramdisk, root image and command line of what machines have deployed: `machines/UUID/boot` below the state directory. What
 * has an identity is copied once, into `boot-sets/IDENTITY`; machines have hard links to it.
 *
 * INVARIANTS: a set that no machine has a link to is removed, unless a machine is about to get one.
 */
export function openInstanceFiles(directory: string): InstanceFiles {
  const folder = (machine: string): string => join(directory, 'machines', machine, 'boot')
  const path = (machine: string, name: string): string => join(folder(machine), name)
  const sets = join(directory, 'boot-sets')
  const awaited = new Map<string, { copied: Promise<void>; users: number }>()
  const copySet = async (identity: string, boot: NetworkBoot): Promise<void> => {
    const to = join(sets, identity)
    if (existsSync(to)) return
    await copyInto(`${to}.new`, boot)
    renameSync(`${to}.new`, to)
    syncDirectory(sets)
  }
  /** Those who ask for the same set at the same time share one copy of it. */
  const linkSet = async (identity: string, boot: NetworkBoot, to: string): Promise<void> => {
    const set = awaited.get(identity) ?? { copied: copySet(identity, boot), users: 0 }
    awaited.set(identity, set)
    set.users += 1
    try {
      await set.copied
      rmSync(to, { recursive: true, force: true })
      makeFolderSync(to, { mode: 0o700 })
      for (const name of readdirSync(join(sets, identity)))
        linkSync(join(sets, identity, name), join(to, name))
    } finally {
      set.users -= 1
      if (set.users === 0) awaited.delete(identity)
    }
  }
  const removeUnused = (): void => {
    if (!existsSync(sets)) return
    for (const name of readdirSync(sets)) {
      const set = join(sets, name)
      // A copy that was broken off has another name.
      if (awaited.has(name.replace(/\.new$/, ''))) continue
      if (readdirSync(set).every((file) => statSync(join(set, file)).nlink === 1))
        rmSync(set, { recursive: true, force: true })
    }
  }
  return {
    async save(machine, boot) {
      const to = folder(machine)
      const next = `${to}.new`
      const { identity, commandLine } = boot
      try {
        if (identity === undefined) await copyInto(next, boot)
        else await linkSet(identity, boot, next)
        replaceFile(join(next, 'command-line'), commandLine)
        rmSync(to, { recursive: true, force: true })
        renameSync(next, to)
        syncDirectory(join(to, '..'))
        removeUnused()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) throw error
        throw raise('STATE_UNWRITABLE', { path: to, why: (error as Error).message }, error)
      }
    },
    commandLine: async (machine) => readIfThere(path(machine, 'command-line')),
    hasRamdisk: async (machine) => existsSync(path(machine, NAMES.ramdisk)),
    path: (machine, which) => path(machine, NAMES[which]),
    async remove(machine) {
      rmSync(folder(machine), { recursive: true, force: true })
      removeUnused()
    },
  }
}

/** The directory is made anew. */
async function copyInto(directory: string, boot: NetworkBoot): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  makeFolderSync(directory, { mode: 0o700 })
  for (const which of FILES) {
    const source = boot[which]
    if (source !== undefined) await copy(source, join(directory, NAMES[which]))
  }
  syncDirectory(directory)
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
