import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { GuestPaths, StoragePool } from '../../node/index.ts'
import type { GuestFiles, StatusFile } from '../../ports/index.ts'
import { raiseLibvirt } from './errors.ts'
import { parseDefinition, parsePool, parseStatusFile, STATUS_FILE_MAX_BYTES } from './parse-status-file.ts'

/**
 * libvirt's files below its run directory (`/run/libvirt`, as the host sees it).
 * Names are those of the domains: `qemu/NAME.xml` (virDomainObjSave in libvirt's src/conf/domain_conf.c), and those of active pools:
 * `storage/NAME.xml` (virStoragePoolSaveState in src/conf/storage_conf.c).
 */
export function libvirtGuestFiles(stateDir = '/run/libvirt'): GuestFiles {
  const directory = join(stateDir, 'qemu')
  return {
    async statusFiles(): Promise<readonly StatusFile[]> {
      const files: StatusFile[] = []
      for (const entry of await list(directory)) {
        if (!entry.endsWith('.xml')) continue
        const path = join(directory, entry)
        const xml = await read(path)
        // libvirt removes the file when the guest ends: one that is gone by now is no guest.
        if (xml !== undefined) files.push(parseStatusFile(basename(entry, '.xml'), path, xml))
      }
      return files
    },
    pools: (): Promise<readonly StoragePool[]> => readAll(join(stateDir, 'storage'), parsePool),
    definitions: (from: string): Promise<readonly GuestPaths[]> => readAll(from, parseDefinition),
    recordsIn: async (from: string): Promise<readonly string[]> =>
      (await list(from)).filter((entry) => entry.endsWith('.xml')),
    async writeStatusFile(name: string, xml: string): Promise<void> {
      const path = join(directory, `${name}.xml`)
      if (name === '' || name.includes('/') || name.includes('\0')) {
        throw raiseLibvirt('STATUS_FILE_UNWRITABLE', { path, state: 'the name is none of a domain' })
      }
      parseStatusFile(name, path, xml)
      try {
        await replaceDurably(directory, path, xml)
      } catch (error) {
        throw raiseLibvirt('STATUS_FILE_UNWRITABLE', { path, state: String(error) }, error)
      }
    },
  }
}

/** What the XML files of a directory hold; those that libvirt could not read either are left out. */
async function readAll<T>(directory: string, parse: (xml: string) => T | undefined): Promise<readonly T[]> {
  const found: T[] = []
  for (const entry of await list(directory)) {
    const xml = entry.endsWith('.xml') ? await read(join(directory, entry)) : undefined
    const parsed = xml === undefined ? undefined : parse(xml)
    if (parsed !== undefined) found.push(parsed)
  }
  return found
}

async function list(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).toSorted()
  } catch (error) {
    if (isAbsent(error)) return []
    throw raiseLibvirt('STATUS_FILE_UNREADABLE', { path: directory, state: String(error) }, error)
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path)
    if (size > STATUS_FILE_MAX_BYTES) {
      throw raiseLibvirt('STATUS_FILE_UNREADABLE', { path, state: `it has ${size} bytes` })
    }
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** Mode and owner stay as they were; the directory is synced, so that the new name survives a power cut too. */
async function replaceDurably(directory: string, path: string, xml: string): Promise<void> {
  // libvirt reads only names that end in `.xml`.
  const temporary = `${path}.anneal-new`
  const before = await stat(path).catch(() => undefined)
  try {
    const file = await open(temporary, 'w', 0o600)
    try {
      if (before !== undefined) {
        await file.chmod(before.mode & 0o777)
        await file.chown(before.uid, before.gid)
      }
      await file.writeFile(xml)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
