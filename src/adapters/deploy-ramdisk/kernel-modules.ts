import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { moduleInfo } from '../../formats/elf/index.ts'
import { unpack } from '../codec/index.ts'
import type { RamdiskFile } from './archive.ts'
import { aliasTable, dependencyTable, withDependencies } from './choose-modules.ts'
import { raise } from './errors.ts'
import type { PackageFiles } from './unpacked-packages.ts'

const LARGEST_MODULE_BYTES = 64 << 20

export type KernelFiles = Readonly<{
  version: string
  kernel: Uint8Array
  files: readonly RamdiskFile[]
  moduleCount: number
}>

/** The kernel of the packages, and its modules with their tables. Throws RAMDISK_INCOMPLETE, ELF_DAMAGED. */
export async function kernelFiles(packages: PackageFiles): Promise<KernelFiles> {
  const [boot] = await packages.withFolder('boot')
  const image = (boot === undefined ? [] : await readdir(boot)).find((name) => name.startsWith('vmlinuz-'))
  if (boot === undefined || image === undefined)
    throw raise('RAMDISK_INCOMPLETE', { missing: 'boot/vmlinuz' })
  const version = image.slice('vmlinuz-'.length)
  const [tree] = [
    ...(await packages.withFolder(`usr/lib/modules/${version}/kernel`)),
    ...(await packages.withFolder(`lib/modules/${version}/kernel`)),
  ]
  if (tree === undefined) throw raise('RAMDISK_INCOMPLETE', { missing: `lib/modules/${version}` })
  const paths = (await readdir(tree, { recursive: true })).filter((path) => /\.ko(?:\.xz)?$/.test(path))
  const contents = new Map<string, Uint8Array>()
  const readModule = moduleReader()
  const modules = await withDependencies(paths, async (path) => {
    const content = await readModule(join(tree, path))
    contents.set(`kernel/${path.replace(/\.ko\.\w+$/, '.ko')}`, content)
    return moduleInfo(content, path)
  })
  if (modules.length === 0)
    throw raise('RAMDISK_INCOMPLETE', { missing: 'a driver of a disk or network card' })
  const place = `usr/lib/modules/${version}`
  const text = (name: string, lines: string): RamdiskFile => ({
    path: `${place}/${name}`,
    mode: 0o100644,
    content: new TextEncoder().encode(lines),
  })
  return {
    version,
    kernel: await readFile(join(boot, image)),
    moduleCount: modules.length,
    files: [
      ...modules.map(({ path }): RamdiskFile => ({
        path: `${place}/${path}`,
        mode: 0o100644,
        content: contents.get(path) ?? new Uint8Array(0),
      })),
      text('modules.dep', dependencyTable(modules)),
      text('modules.alias', aliasTable(modules)),
    ],
  }
}

/** Every file below /lib/firmware of the packages: those that were asked for by name. */
export async function firmwareFiles(packages: PackageFiles): Promise<readonly RamdiskFile[]> {
  const files: RamdiskFile[] = []
  for (const place of ['usr/lib/firmware', 'lib/firmware']) {
    for (const folder of await packages.withFolder(place)) {
      for (const name of await readdir(folder, { recursive: true })) {
        const path = join(folder, name)
        if (!(await stat(path)).isFile()) continue
        files.push({ path: `usr/lib/firmware/${name}`, mode: 0o100644, content: await readFile(path) })
      }
    }
  }
  return files
}

/** Modules come one after the other: what they unpack into is made once. */
function moduleReader(): (file: string) => Promise<Uint8Array> {
  let room: Uint8Array | undefined
  return async (file) => {
    const content = await readFile(file)
    if (!file.endsWith('.xz')) return content
    room ??= new Uint8Array(LARGEST_MODULE_BYTES)
    try {
      return room.slice(0, await unpack('xz', content, room, 'whole'))
    } catch (error) {
      throw raise(
        'RAMDISK_PACKAGE',
        { file, why: `it cannot be unpacked: ${(error as Error).message}` },
        error,
      )
    }
  }
}
