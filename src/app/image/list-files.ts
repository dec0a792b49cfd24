import { basename } from 'node:path'
import { walkPath } from '../../formats/filesystem/index.ts'
import type { NodeStat } from '../../formats/filesystem/index.ts'
import { placeOf } from './open-image.ts'
import type { ImagePlace, OpenedImage } from './open-image.ts'

export type ListedFile = Readonly<{
  name: string
  kind: string
  /** Of a link. */
  target?: string
  stat?: Readonly<{
    /** Octal: `0644`. */
    mode: string
    uid: number
    gid: number
    sizeBytes: number
    links: number
    /** RFC 3339. */
    modified: string
  }>
}>

export type Listing = Readonly<{ address: string; root: string; entries: readonly ListedFile[] }>

/**
 * Lists a directory in any layer of an image, by name; of what is no directory, itself. `place` is `ADDRESS:PATH`, see
 * `placeOf`. With `detail: 'all'` each entry is looked at: mode, owner, size, time.
 */
export async function listFiles(
  { stack }: Pick<OpenedImage, 'stack'>,
  place: string,
  { detail, signal }: Readonly<{ detail: 'names' | 'all'; signal: AbortSignal }>,
): Promise<Listing> {
  const found = await placeOf(stack, place, signal)
  const entries = await listPlace(found, detail, signal)
  return { address: found.volume.address, root: found.root, entries }
}

async function listPlace(
  { volume, path, root }: ImagePlace,
  detail: 'names' | 'all',
  signal: AbortSignal,
): Promise<readonly ListedFile[]> {
  const { fileSystem } = volume
  const found = await walkPath(fileSystem, path, { root, lastLink: 'follow', signal })
  const describe = async (name: string, id: bigint, kind: string): Promise<ListedFile> => ({
    name,
    kind,
    ...(kind === 'symlink' && { target: await fileSystem.readLink(id, signal) }),
    ...(detail === 'all' && { stat: statReport(await fileSystem.stat(id, signal)) }),
  })
  if (found.kind !== 'directory') return [await describe(basename(path), found.id, found.kind)]
  const entries: ListedFile[] = []
  for await (const { name, id, kind } of fileSystem.list(found.id, signal)) {
    const known = kind === 'unknown' ? (await fileSystem.stat(id, signal)).kind : kind
    entries.push(await describe(name, id, known))
  }
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function statReport({ mode, uid, gid, sizeBytes, links, modifiedNs }: NodeStat) {
  const modified = new Date(Number(modifiedNs / 1_000_000n)).toISOString()
  return { mode: mode.toString(8).padStart(4, '0'), uid, gid, sizeBytes, links, modified }
}
