/**
 * Prints every path of a tree with what it is, as JSON: of a directory (`directory DIR`), or of a file system as Anneal reads it
 * (`image FILE ADDRESS`). A process of its own: it may crash, or be stopped.
 */
import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { openImage } from '../../src/app/image/index.ts'
import type { FileSystem, NodeId } from '../../src/formats/filesystem/index.ts'
import { findVolume } from '../../src/image/stack/index.ts'

/** Path to `file SIZE DIGEST`, `symlink TARGET`, or a kind alone. */
export type TreeOf = Record<string, string>

const MOST_PATHS = 20_000
/** Both sides stop: nothing is compared. */
const TOO_MANY = 'TREE_TOO_MANY'
let count = 0
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

function ofDirectory(root: string): TreeOf {
  const tree: TreeOf = {}
  const walk = (path: string): void => {
    for (const name of readdirSync(join(root, path))) {
      const inner = path === '' ? name : `${path}/${name}`
      const stat = lstatSync(join(root, inner))
      count += 1
      if (count > MOST_PATHS) throw new Error(TOO_MANY)
      if (stat.isDirectory()) {
        tree[inner] = 'directory'
        walk(inner)
      } else if (stat.isSymbolicLink()) tree[inner] = `symlink ${readlinkSync(join(root, inner))}`
      else if (stat.isFile()) tree[inner] = `file ${stat.size} ${digestOf(join(root, inner))}`
      else tree[inner] = 'special'
    }
  }
  walk('')
  return tree
}

function digestOf(path: string): string {
  try {
    return digest(readFileSync(path))
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
  }
}

async function ofImage(image: string, address: string): Promise<TreeOf> {
  await using opened = await openImage(image, { threads: 0 })
  const { fileSystem } = findVolume(opened.stack, address)
  const tree: TreeOf = {}
  const walk = async (directory: NodeId, path: string): Promise<void> => {
    for await (const { name, id } of fileSystem.list(directory)) {
      const inner = path === '' ? name : `${path}/${name}`
      count += 1
      if (count > MOST_PATHS) throw new Error(TOO_MANY)
      tree[inner] = await entryOf(fileSystem, id)
      if (tree[inner] === 'directory') await walk(id, inner)
    }
  }
  await walk(fileSystem.root, '')
  return tree
}

async function entryOf(fileSystem: FileSystem, id: NodeId): Promise<string> {
  const { kind, sizeBytes } = await fileSystem.stat(id)
  if (kind === 'directory') return kind
  if (kind === 'symlink') return `symlink ${await fileSystem.readLink(id)}`
  if (kind !== 'file') return 'special'
  const source = await fileSystem.open(id)
  return `file ${sizeBytes} ${digest(await source.read(0, source.size))}`
}

const [what, first = '', second = ''] = process.argv.slice(2)
try {
  const tree = what === 'directory' ? ofDirectory(first) : await ofImage(first, second)
  process.stdout.write(JSON.stringify(tree))
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  const code =
    error instanceof Error && 'code' in error ? String(error.code) : message === TOO_MANY ? TOO_MANY : 'none'
  process.stderr.write(`${code}: ${message}\n`)
  process.exitCode = 4
}
