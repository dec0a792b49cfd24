import { raise } from './errors.ts'
import type { FileSystem, NodeId, NodeKind } from './filesystem.ts'

/** As Linux counts (path_resolution(7)). */
const MOST_LINKS = 40

export type Found = Readonly<{
  id: NodeId
  kind: NodeKind
  /** The path without any symbolic link: absolute, from `root`. */
  realPath: string
}>

export type WalkOptions = Readonly<{
  /** Where `/` is, as an absolute path in the file system: links cannot lead out of it, as in a chroot. */
  root?: string
  /** Whether a link at the end of the path is followed. */
  lastLink: 'follow' | 'keep'
  signal?: AbortSignal
}>

/**
 * What a path leads to, following symbolic links inside the file system; undefined where a name is missing. A `..`
 * never leads out of the root. Throws PATH_NOT_A_DIRECTORY and PATH_TOO_MANY_LINKS.
 */
export async function findPath(
  fs: FileSystem,
  path: string,
  options: WalkOptions,
): Promise<Found | undefined> {
  const walked = await walk(fs, path, options)
  return 'missing' in walked ? undefined : walked
}

/** As `findPath`, but throws PATH_NOT_FOUND. */
export async function walkPath(fs: FileSystem, path: string, options: WalkOptions): Promise<Found> {
  const walked = await walk(fs, path, options)
  if (!('missing' in walked)) return walked
  throw raise('PATH_NOT_FOUND', { path, name: walked.missing, directory: walked.directory })
}

type Missing = Readonly<{ missing: string; directory: string }>
type Step = Readonly<{ id: NodeId; kind: NodeKind; name: string }>

async function walk(fs: FileSystem, path: string, options: WalkOptions): Promise<Found | Missing> {
  const { signal } = options
  const top: Step =
    options.root === undefined || options.root === '/'
      ? { id: fs.root, kind: 'directory', name: '' }
      : { ...(await walkPath(fs, options.root, { lastLink: 'follow', ...(signal && { signal }) })), name: '' }
  let trail: Step[] = [top]
  let left = partsOf(path)
  let links = 0
  const here = (): string =>
    `/${trail
      .slice(1)
      .map(({ name }) => name)
      .join('/')}`

  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    const current = trail.at(-1) ?? top
    if (current.kind !== 'directory') {
      throw raise('PATH_NOT_A_DIRECTORY', { path, name: here(), kind: current.kind })
    }
    if (part === '..') {
      if (trail.length > 1) trail.pop()
      continue
    }
    const entry = await fs.lookup(current.id, part, signal)
    if (entry === undefined) return { missing: part, directory: here() }
    const kind = entry.kind === 'unknown' ? (await fs.stat(entry.id, signal)).kind : entry.kind
    if (kind !== 'symlink' || (left.length === 0 && options.lastLink === 'keep')) {
      trail.push({ id: entry.id, kind, name: part })
      continue
    }
    links += 1
    if (links > MOST_LINKS) throw raise('PATH_TOO_MANY_LINKS', { path, limit: MOST_LINKS })
    const target = await fs.readLink(entry.id, signal)
    if (target.startsWith('/')) trail = [top]
    left = [...partsOf(target), ...left]
  }
  const { id, kind } = trail.at(-1) ?? top
  return { id, kind, realPath: here() }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
