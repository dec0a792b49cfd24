import { fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { readFile, walkPath } from '../../formats/filesystem/index.ts'
import type { Volume } from '../stack/index.ts'
import { raise } from './errors.ts'
import type { RootWish } from './root-wish.ts'
import type { InitramfsCompression, Unpack } from '../initramfs/index.ts'

/** In this order; one that is built into the kernel is in no list. */
function neededBy({ format, check }: RootWish): readonly string[] {
  return ['loop', format, 'overlay', ...(check === 'verity' ? ['sha256_generic', 'dm-verity'] : [])]
}

const MOST_LIST_BYTES = 8 << 20
const MOST_MODULE_BYTES = 16 << 20
const SUFFIXES: Readonly<Record<string, InitramfsCompression>> = { xz: 'xz', zst: 'zstd', gz: 'gzip' }

export type KernelModule = Readonly<{ name: string; bytes: Uint8Array }>

type Where = Readonly<{
  image: string
  wish: RootWish
  root: Volume
  systemRoot: string
  /** Of the kernel. */
  version: string
  unpack: Unpack
  signal: AbortSignal
}>

/**
 * The modules that mount a root image, and those that they depend on, in the order in which they are loaded: from the tree
 * (modules.dep(5)), decompressed. Throws LIVE_KERNEL_LACKS where the tree has no list of modules.
 */
export async function liveModules(where: Where): Promise<readonly KernelModule[]> {
  const directory = `/lib/modules/${where.version}`
  const list = new TextDecoder().decode(await read(where, `${directory}/modules.dep`, MOST_LIST_BYTES))
  const lines = new Map<string, readonly string[]>()
  for (const line of list.split('\n')) {
    const [path = '', dependencies = ''] = line.split(':')
    lines.set(
      path,
      dependencies.split(' ').filter((one) => one !== ''),
    )
  }
  const paths: string[] = []
  for (const name of neededBy(where.wish)) {
    const path = Array.from(lines.keys()).find((one) => nameOf(one) === name)
    if (path === undefined) continue
    // Each line has all that a module depends on, the first to be loaded at its end.
    for (const one of [...(lines.get(path) ?? []).toReversed(), path])
      if (!paths.includes(one)) paths.push(one)
  }
  const modules: KernelModule[] = []
  for (const path of paths) {
    const bytes = await read(where, `${directory}/${path}`, MOST_MODULE_BYTES)
    modules.push({ name: `${nameOf(path)}.ko`, bytes: await unpacked(where, path, bytes) })
  }
  return modules
}

function nameOf(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.ko(?:\.\w+)?$/, '')
}

async function read(where: Where, path: string, limitBytes: number): Promise<Uint8Array> {
  const { root, systemRoot, image, signal } = where
  try {
    const found = await walkPath(root.fileSystem, path, { root: systemRoot, lastLink: 'follow', signal })
    return await readFile(root.fileSystem, found.id, { path, limitBytes, signal })
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    throw raise('LIVE_KERNEL_LACKS', { image, needed: path, config: why }, error)
  }
}

async function unpacked(where: Where, path: string, bytes: Uint8Array): Promise<Uint8Array> {
  const compression = SUFFIXES[/\.ko\.(\w+)$/.exec(path)?.[1] ?? '']
  if (compression === undefined) return bytes
  const packed: ByteSource = fromBytes(bytes, path)
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of where.unpack(compression, packed)) {
    parts.push(new Uint8Array(part))
    length += part.length
    if (length > MOST_MODULE_BYTES)
      throw raise('LIVE_KERNEL_LACKS', { image: where.image, needed: path, config: 'it is too large' })
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
