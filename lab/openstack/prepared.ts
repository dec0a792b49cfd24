import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../lock.ts'
import { labPath } from '../paths.ts'
import { must, say } from '../run.ts'

/** Something that takes long to make and is the same each time: kept, under a name with a hash of its inputs. */
export type Prepared = Readonly<{
  name: string
  /** Whatever it depends on. */
  inputs: readonly string[]
  /** Fills an empty directory. */
  make: (directory: string) => Promise<void>
}>

/** Directory that holds it, made now where it is missing or its inputs changed. Older ones of the name go. */
export async function prepare(prepared: Prepared): Promise<string> {
  const hash = createHash('sha256').update(prepared.inputs.join('\0')).digest('hex').slice(0, 16)
  const parent = labPath('cache')
  const directory = join(parent, `${prepared.name}-${hash}`)
  if (existsSync(directory)) return directory
  return withLock(labPath(`cache-${prepared.name}.lock`), async () => {
    if (existsSync(directory)) return directory
    say(`making ${prepared.name} (once)`)
    const work = `${directory}.new`
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true, mode: 0o700 })
    await prepared.make(work)
    for (const old of readdirSync(parent)) {
      if (isOlder(old, prepared.name, hash)) rmSync(join(parent, old), { recursive: true, force: true })
    }
    renameSync(work, directory)
    return directory
  })
}

/** What one script makes of a suite, called as `RECIPE SUITE DIRECTORY`: made anew when the script changes. */
export function prepareSuite(name: string, recipe: string, suite: string): Promise<string> {
  return prepare({
    name: `${name}-${suite}`,
    inputs: [readFileSync(recipe, 'utf8')],
    make: async (work) => {
      await must(`make the tree of ${suite}`, [recipe, suite, work])
    },
  })
}

/** Whether a directory of the cache is one of this name with another hash. */
function isOlder(entry: string, name: string, hash: string): boolean {
  return (
    entry.startsWith(`${name}-`) &&
    /^[0-9a-f]{16}$/.test(entry.slice(name.length + 1)) &&
    !entry.endsWith(hash)
  )
}

/** Names and versions of installed Debian packages, for `inputs`. */
export async function packageVersions(packages: readonly string[]): Promise<string> {
  return must('read the versions of packages', [
    'dpkg-query',
    '--show',
    '--showformat=${Package} ${Version}\n',
    ...packages,
  ])
}

/** Writes a file that only root may read. */
export function writeSecret(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 })
}
