import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../folders/index.ts'
import type { PackageWish } from './apt.ts'
import { fetchPackages } from './apt.ts'
import { compressArchive, packFiles } from './archive.ts'
import type { RamdiskFile } from './archive.ts'
import { raise } from './errors.ts'
import { firmwareFiles, kernelFiles } from './kernel-modules.ts'
import { PackageFiles, unpackPackages } from './unpacked-packages.ts'
import { userLand } from './user-land.ts'

export type RamdiskWish = PackageWish &
  Readonly<{
    /** Directory with packages that are there already: nothing is fetched then. */
    packages?: string
    onProgress: (line: string) => void
    signal: AbortSignal
  }>

/** The scripts of the ramdisk ship with Anneal. */
const SCRIPTS = join(import.meta.dirname, '../../../images/deploy-ramdisk')
const WORK = 'anneal-ramdisk-'

export type BuiltFile = Readonly<{ file: string; sizeBytes: number; sha256: string }>

export type BuiltRamdisk = Readonly<{
  architecture: string
  kernelVersion: string
  kernel: BuiltFile
  ramdisk: BuiltFile
  /** Of the ramdisk, in the machine's memory. */
  unpackedBytes: number
  moduleCount: number
  packages: readonly Readonly<{ name: string; version: string; architecture: string }>[]
}>

/** Empty folders, and links that Debian has, too. */
const FOLDERS = ['dev', 'proc', 'sys', 'run', 'tmp', 'etc', 'var', 'usr/sbin']
const LINKS: Readonly<Record<string, string>> = {
  bin: 'usr/bin',
  sbin: 'usr/bin',
  lib: 'usr/lib',
  'usr/bin/sh': 'busybox',
  'usr/bin/modprobe': 'busybox',
  'var/run': '/run',
}

/**
 * Builds the deploy ramdisk out of Debian packages: `vmlinuz`, `initrd` and `ramdisk.json` in `directory`, which is made
 * where it is missing. The same packages and scripts give the same bytes.
 * @throws RAMDISK_…, ELF_DAMAGED
 */
export async function buildRamdisk(directory: string, wish: RamdiskWish): Promise<BuiltRamdisk> {
  const { onProgress, signal } = wish
  const work = await mkdtemp(join(tmpdir(), WORK))
  try {
    if (wish.packages === undefined) {
      onProgress('fetching the packages')
      await fetchPackages(wish, work, 'download', onProgress, signal)
    }
    onProgress('unpacking the packages')
    const folder = wish.packages ?? join(work, 'packages')
    const packages = new PackageFiles(
      await unpackPackages(folder, join(work, 'trees'), wish.architecture, signal),
    )
    const { version, kernel, files, moduleCount } = await kernelFiles(packages)
    const archive = packFiles(
      [
        ...files,
        ...(await userLand(packages, wish.architecture)),
        ...(await firmwareFiles(packages)),
        ...(await scriptFiles(SCRIPTS)),
        ...Object.entries(LINKS).map(([path, target]): RamdiskFile => ({
          path,
          mode: 0o120777,
          content: new TextEncoder().encode(target),
        })),
      ],
      FOLDERS,
    )
    signal.throwIfAborted()
    onProgress('compressing the ramdisk')
    const ramdisk = await compressArchive(archive)
    signal.throwIfAborted()
    return await write(directory, {
      architecture: wish.architecture,
      kernelVersion: version,
      kernel,
      ramdisk,
      unpackedBytes: archive.length,
      moduleCount,
      packages: packages.taken.map(({ name, version: of, architecture }) => ({
        name,
        version: of,
        architecture,
      })),
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Names of the packages that `buildRamdisk` would take. */
export async function planRamdisk(wish: RamdiskWish): Promise<readonly string[]> {
  if (wish.packages !== undefined)
    return (await readdir(wish.packages)).filter((name) => name.endsWith('.deb')).toSorted()
  const work = await mkdtemp(join(tmpdir(), WORK))
  try {
    return await fetchPackages(wish, work, 'name', wish.onProgress, wish.signal)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function scriptFiles(folder: string): Promise<readonly RamdiskFile[]> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.md'))
  return Promise.all(
    names.map(async (name): Promise<RamdiskFile> => ({
      path: name === 'init' ? name : `usr/lib/anneal/${name}`,
      mode: 0o100755,
      content: await readFile(join(folder, name)),
    })),
  )
}

type Results = Omit<BuiltRamdisk, 'kernel' | 'ramdisk'> &
  Readonly<{ kernel: Uint8Array; ramdisk: Uint8Array }>

/** Under their final names only when all are written; the manifest is the last. */
async function write(directory: string, results: Results): Promise<BuiltRamdisk> {
  const told = (file: string, content: Uint8Array): BuiltFile => ({
    file,
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  })
  const built: BuiltRamdisk = {
    ...results,
    kernel: told('vmlinuz', results.kernel),
    ramdisk: told('initrd', results.ramdisk),
  }
  const manifest = `${JSON.stringify({ schema: 'anneal.deploy-ramdisk/1', ...built }, undefined, 2)}\n`
  const contents = { vmlinuz: results.kernel, initrd: results.ramdisk, 'ramdisk.json': manifest }
  try {
    await makeFolder(directory)
    for (const [name, content] of Object.entries(contents))
      await writeFile(join(directory, `${name}.new`), content, { flush: true })
    for (const name of Object.keys(contents))
      await rename(join(directory, `${name}.new`), join(directory, name))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw raise('RAMDISK_OUTPUT', { directory, why }, error)
  }
  return built
}
