import { lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ByteSource } from '../../bytes/index.ts'
import { EXIT } from '../../core/index.ts'
import { walkPath } from '../../formats/filesystem/index.ts'
import type { NodeStat } from '../../formats/filesystem/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { raise } from '../errors.ts'
import { OPEN_FLAGS } from '../image-flags.ts'
import { openImage, placeOf } from '../open-image.ts'
import type { ImagePlace } from '../open-image.ts'
import { printableName } from '../printable.ts'

const ADDRESSES =
  'ADDRESS is one that `anneal image inspect` shows (p1, atomicos/root), a device (UUID=…), or boot, esp, root (the file system), os (the tree that boots: a deployment with ostree). Without one it is os.'

export const imageLs = command({
  path: ['image', 'ls'],
  summary: 'list a directory in any layer of an image',
  operands: 'IMAGE [[ADDRESS:]PATH]',
  count: { min: 1, max: 2 },
  flags: {
    long: { kind: 'switch', short: 'l', help: 'with mode, owner, size and time', flagOnly: true },
    ...OPEN_FLAGS,
    ...COMMON_FLAGS,
  },
  details: ADDRESSES,
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', { flags, output, signal })
    const place = await placeOf(opened.stack, args[1] ?? '/', signal)
    const entries = await listPlace(place, flags.long || output.json, signal)
    const listed = { schema: 'anneal.image-list/1', address: place.volume.address, root: place.root, entries }
    output.data(listed, () =>
      entries.map((entry) => (flags.long ? longLine(entry) : printableName(entry.name))).join('\n'),
    )
    return EXIT.ok
  },
})

export const imageCat = command({
  path: ['image', 'cat'],
  summary: 'write a file in any layer of an image to standard output',
  operands: 'IMAGE [ADDRESS:]PATH',
  count: { min: 2, max: 2 },
  flags: { ...OPEN_FLAGS, ...COMMON_FLAGS },
  details: ADDRESSES,
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', { flags, output, signal })
    const source = await openFile(await placeOf(opened.stack, args[1] ?? '', signal), signal)
    await output.bytes(chunksOf(source, signal))
    return EXIT.ok
  },
})

export const imageExtract = command({
  path: ['image', 'extract'],
  summary: 'copy a file out of any layer of an image',
  operands: 'IMAGE [ADDRESS:]PATH',
  count: { min: 2, max: 2 },
  flags: {
    output: {
      kind: 'text',
      short: 'o',
      placeholder: 'FILE',
      help: 'where to; by default its own name, here',
      flagOnly: true,
    },
    force: { kind: 'switch', help: 'replace a file that is there', flagOnly: true },
    ...OPEN_FLAGS,
    ...COMMON_FLAGS,
  },
  details: ADDRESSES,
  async run({ flags, args, output, signal }) {
    await using opened = await openImage(args[0] ?? '', { flags, output, signal })
    const place = await placeOf(opened.stack, args[1] ?? '', signal)
    const source = await openFile(place, signal)
    const target = flags.output ?? basename(place.path)
    await refuseToReplace(target, flags.force ? 'files' : 'nothing')
    await writeWhole(source, target, signal)
    const copied = { schema: 'anneal.image-extract/1', file: target, sizeBytes: source.size }
    output.data(copied, () => target)
    return EXIT.ok
  },
})

type Listed = Readonly<{ name: string; kind: string; target?: string; stat?: ReturnType<typeof statReport> }>

async function listPlace(
  { volume, path, root }: ImagePlace,
  long: boolean,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const { fileSystem } = volume
  const found = await walkPath(fileSystem, path, { root, lastLink: 'follow', signal })
  const describe = async (name: string, id: bigint, kind: string): Promise<Listed> => ({
    name,
    kind,
    ...(kind === 'symlink' && { target: await fileSystem.readLink(id, signal) }),
    ...(long && { stat: statReport(await fileSystem.stat(id, signal)) }),
  })
  if (found.kind !== 'directory') return [await describe(basename(path), found.id, found.kind)]
  const entries: Listed[] = []
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

const LETTERS: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'block device': 'b',
  'character device': 'c',
}

function longLine({ name, kind, target, stat }: Listed): string {
  const { mode = '', uid = 0, gid = 0, sizeBytes = 0, modified = '' } = stat ?? {}
  const time = modified.slice(0, 16).replace('T', ' ')
  const link = target === undefined ? '' : ` -> ${printableName(target)}`
  return `${LETTERS[kind] ?? '?'} ${mode} ${uid}:${gid} ${String(sizeBytes).padStart(12)} ${time} ${printableName(name)}${link}`
}

async function openFile({ volume, path, root }: ImagePlace, signal: AbortSignal): Promise<ByteSource> {
  const found = await walkPath(volume.fileSystem, path, { root, lastLink: 'follow', signal })
  if (found.kind !== 'file') throw raise('IMAGE_PATH_NOT_A_FILE', { path, kind: found.kind })
  return volume.fileSystem.open(found.id, signal)
}

const CHUNK_BYTES = 1 << 20

async function* chunksOf(
  source: ByteSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    yield await source.read(at, Math.min(CHUNK_BYTES, source.size - at), signal)
  }
}

/** Throws FILE_EXISTS. A device or a directory is never replaced. */
async function refuseToReplace(target: string, replaceable: 'files' | 'nothing'): Promise<void> {
  const there = await lstat(target).catch(() => undefined)
  if (there === undefined || (replaceable === 'files' && there.isFile())) return
  throw raise('FILE_EXISTS', { file: target, kind: there.isFile() ? 'a file' : 'something else than a file' })
}

/** Nothing stands under the name before all of it is there. Throws FILE_UNWRITABLE. */
async function writeWhole(source: ByteSource, target: string, signal: AbortSignal): Promise<void> {
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}.partial`)
  const writing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: Error) => {
      throw raise('FILE_UNWRITABLE', { file: target, why: error.message }, error)
    })
  try {
    const file = await writing(open(partial, 'w'))
    try {
      for await (const chunk of chunksOf(source, signal)) await writing(file.writeFile(chunk))
    } finally {
      // A full disk is told here, where it is another machine's.
      await writing(file.close())
    }
    await writing(rename(partial, target))
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
