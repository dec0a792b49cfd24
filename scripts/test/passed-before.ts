import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { ROOT } from '../source/index.ts'

/** Test files that passed, each with the digest of everything it was made of then. */
type Passed = Readonly<Record<string, string>>

/**
 * Remembers which test files passed, in the file `store`. A test file is held against the content of every source and page that it
 * names, and that those name, against all other files of the project, and against Node's version. Programs of the
 * machine are not part of it: `npm test` runs all.
 */
export class PassedBefore {
  readonly #root: string
  readonly #store: string
  readonly #passed: Passed
  readonly #others: string
  readonly #content = new Map<string, Readonly<{ digest: string; names: readonly string[] }>>()

  constructor(store: string, root = ROOT) {
    this.#root = root
    this.#store = store
    this.#passed = existsSync(store) ? (JSON.parse(readFileSync(store, 'utf8')) as Passed) : {}
    this.#others = digestOthers(root)
  }

  /** Whether the file, an absolute path, passed when it was made of the same. */
  has(file: string): boolean {
    return this.#passed[relative(this.#root, file)] === this.#digest(file)
  }

  /** Keeps those that passed now, absolute paths, beside what is known of others that still exist. */
  add(files: readonly string[]): void {
    const kept = Object.entries(this.#passed).filter(([path]) => existsSync(join(this.#root, path)))
    const added = files.map((file) => [relative(this.#root, file), this.#digest(file)] as const)
    mkdirSync(dirname(this.#store), { recursive: true })
    // Another run may read it meanwhile.
    writeFileSync(`${this.#store}.${process.pid}`, JSON.stringify(Object.fromEntries([...kept, ...added])))
    renameSync(`${this.#store}.${process.pid}`, this.#store)
  }

  #digest(file: string): string {
    const seen = new Set([file])
    // A set hands out what is added while it is walked.
    for (const path of seen) for (const name of this.#read(path).names) seen.add(name)
    const hash = createHash('sha256').update(`${process.version}\n${this.#others}\n`)
    for (const path of [...seen].toSorted()) {
      hash.update(`${relative(this.#root, path)} ${this.#read(path).digest}\n`)
    }
    return hash.digest('hex')
  }

  #read(path: string): Readonly<{ digest: string; names: readonly string[] }> {
    const before = this.#content.get(path)
    if (before !== undefined) return before
    const text = readFileSync(path, 'utf8')
    const names = [...text.matchAll(/['"`]([^'"`\s]+\.(?:ts|md))['"`]/g)]
      .flatMap(([, name = '']) => [resolve(dirname(path), name), resolve(this.#root, name)])
      .filter((one) => existsSync(one))
    const one = { digest: createHash('sha256').update(text).digest('hex'), names }
    this.#content.set(path, one)
    return one
  }
}

/** Fixtures, recipes, package.json: what a test may read without naming it. */
function digestOthers(root: string): string {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const hash = createHash('sha256')
  for (const path of new Set(listed.split('\0'))) {
    if (path === '' || ['.ts', '.md'].includes(extname(path)) || !existsSync(join(root, path))) continue
    hash.update(`${path}\0`).update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}
