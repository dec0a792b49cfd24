import { readFile, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { makeFolder } from '../folders/index.ts'
import type { Architecture } from './architectures.ts'
import { raise } from './errors.ts'
import { runProgram } from './run-program.ts'

export type UnpackedPackage = Readonly<{ name: string; version: string; architecture: string; tree: string }>

/** Unpacks every package of `directory` that is for the architecture into a tree of its own. Throws RAMDISK_PACKAGE. */
export async function unpackPackages(
  directory: string,
  trees: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<readonly UnpackedPackage[]> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.deb')).toSorted()
  const unpacked: UnpackedPackage[] = []
  for (const file of files) {
    const path = join(directory, file)
    const dpkg = async (words: readonly string[]): Promise<string> => {
      const said = await runProgram(['dpkg-deb', ...words], { package: 'dpkg', signal })
      if (said.code !== 0) throw raise('RAMDISK_PACKAGE', { file, why: said.stderr.trim() })
      return said.stdout
    }
    const fields = await dpkg(['--show', '--showformat=${Package}\n${Version}\n${Architecture}\n', path])
    const [name = '', version = '', built = ''] = fields.split('\n')
    if (built !== architecture && built !== 'all') continue
    const tree = join(trees, basename(file, '.deb'))
    await makeFolder(tree)
    await dpkg(['--extract', path, tree])
    unpacked.push({ name, version, architecture: built, tree })
  }
  return unpacked
}

/** Finds files in the trees of packages, and remembers whose files were taken. */
export class PackageFiles {
  readonly #packages: readonly UnpackedPackage[]
  readonly #taken = new Set<UnpackedPackage>()

  constructor(packages: readonly UnpackedPackage[]) {
    this.#packages = packages
  }

  /** Packages of which something was taken, by name. */
  get taken(): readonly UnpackedPackage[] {
    return [...this.#taken].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The first file that is there under one of these paths; links are followed. */
  async find(paths: readonly string[]): Promise<string | undefined> {
    for (const one of this.#packages) {
      for (const path of paths) {
        const file = join(one.tree, path)
        const real = await realpath(file).catch(() => undefined)
        if (real === undefined || !real.startsWith(one.tree) || !(await stat(real)).isFile()) continue
        this.#taken.add(one)
        return real
      }
    }
    return undefined
  }

  /** As `find`, with its content. Throws RAMDISK_INCOMPLETE. */
  async read(paths: readonly string[]): Promise<Uint8Array> {
    const file = await this.find(paths)
    if (file === undefined) throw raise('RAMDISK_INCOMPLETE', { missing: paths[0] ?? '' })
    return readFile(file)
  }

  /** Trees that have this folder, and their packages count as taken. */
  async withFolder(path: string): Promise<readonly string[]> {
    const folders: string[] = []
    for (const one of this.#packages) {
      const folder = join(one.tree, path)
      const isFolder = await stat(folder).then(
        (found) => found.isDirectory(),
        () => false,
      )
      if (!isFolder) continue
      this.#taken.add(one)
      folders.push(folder)
    }
    return folders
  }
}
