import { toHex } from '../../core/index.ts'
import { extentsOf, placesOf } from '../../bytes/index.ts'
import type { Algorithms, ByteSource } from '../../bytes/index.ts'
import type { FileSystem, NodeId } from '../filesystem/index.ts'
import { measureFsVerity } from '../fsverity/index.ts'
import type { FsVerityHash } from '../fsverity/index.ts'
import { raise } from './errors.ts'

/** The directory whose files have the content: `/ostree/repo/objects`, `/composefs/objects`. */
export type ObjectDirectory = Readonly<{ fileSystem: FileSystem; directory: NodeId }>

/** What an inode of the image says about its object. */
export type Wanted = Readonly<{
  image: string
  inode: NodeId
  redirect: Uint8Array | undefined
  sizeBytes: number
  digest?: Readonly<{ hash: FsVerityHash; hex: string }>
}>

const MOST_DIRECTORIES = 1024
const SLASH = 0x2f
/** PATH_MAX of Linux. */
const LONGEST_REDIRECT = 4096

/**
 * Finds objects as overlayfs does in a data-only layer (ovl_lookup_data_layer): from its top, without following a link and
 * without leaving it. Stricter is that `..` is refused wherever it stands.
 */
export class ObjectStore {
  readonly #from: ObjectDirectory
  readonly #digest: Pick<Algorithms, 'digest'>
  /** Directories below the top, by path. */
  readonly #directories = new Map<string, NodeId>()

  constructor(from: ObjectDirectory, digest: Pick<Algorithms, 'digest'>) {
    this.#from = from
    this.#digest = digest
  }

  /** Its content is compared with its digest before the first byte is given. Throws COMPOSEFS_…. */
  async open(wanted: Wanted, signal?: AbortSignal): Promise<ByteSource> {
    const { image, inode } = wanted
    const parts = partsOf(wanted)
    const object = parts.join('/')
    const missing = (why: string): Error =>
      raise('COMPOSEFS_OBJECT_MISSING', { image, inode: String(inode), object, why })
    const { fileSystem } = this.#from
    const name = parts.at(-1)
    const directory = await this.#directoryOf(parts.slice(0, -1), signal)
    if (directory === undefined || name === undefined) throw missing('is not there')
    const entry = await fileSystem.lookup(directory, name, signal)
    if (entry === undefined) throw missing('is not there')
    const { kind, sizeBytes } = await fileSystem.stat(entry.id, signal)
    if (kind !== 'file') throw missing(`is a ${kind}`)
    if (sizeBytes !== wanted.sizeBytes)
      throw differs(wanted, object, 'length', String(sizeBytes), String(wanted.sizeBytes))
    const content = await fileSystem.open(entry.id, signal)
    return wanted.digest === undefined ? content : this.#verified(content, wanted, wanted.digest, object)
  }

  async #directoryOf(parts: readonly string[], signal?: AbortSignal): Promise<NodeId | undefined> {
    let id = this.#from.directory
    let path = ''
    for (const part of parts) {
      path += `/${part}`
      const known = this.#directories.get(path)
      const entry = known === undefined ? await this.#from.fileSystem.lookup(id, part, signal) : undefined
      const next = known ?? entry?.id
      if (next === undefined) return undefined
      if (known === undefined) {
        const { kind } = await this.#from.fileSystem.stat(next, signal)
        if (kind !== 'directory') return undefined
        if (this.#directories.size < MOST_DIRECTORIES) this.#directories.set(path, next)
      }
      id = next
    }
    return id
  }

  #verified(
    content: ByteSource,
    wanted: Wanted,
    { hash, hex }: NonNullable<Wanted['digest']>,
    object: string,
  ): ByteSource {
    let checked: Promise<void> | undefined
    const check = async (signal?: AbortSignal): Promise<void> => {
      const measured = await measureFsVerity(content, hash, this.#digest, signal)
      if (measured !== hex) throw differs(wanted, object, `fs-verity digest (${hash})`, measured, hex)
    }
    const once = (signal?: AbortSignal): Promise<void> => {
      checked ??= check(signal).catch((error: unknown) => {
        // Who gave up has not found anything.
        if (signal?.aborted === true) checked = undefined
        throw error
      })
      return checked
    }
    return {
      size: content.size,
      name: content.name,
      async read(offset, length, signal) {
        await once(signal)
        return content.read(offset, length, signal)
      },
      ...(content.extents && {
        async *extents(offset: number, length: number, signal?: AbortSignal) {
          await once(signal)
          yield* extentsOf(content, offset, length, signal)
        },
      }),
      ...(content.places && {
        async *places(offset: number, length: number, signal?: AbortSignal) {
          await once(signal)
          yield* placesOf(content, offset, length, signal)
        },
      }),
    }
  }
}

function differs(wanted: Wanted, object: string, what: string, found: string, expected: string): Error {
  return raise('COMPOSEFS_OBJECT_DIFFERS', {
    image: wanted.image,
    inode: String(wanted.inode),
    object,
    what,
    found,
    expected,
  })
}

/** Names as text: where bytes are no UTF-8, nothing is called so. */
function partsOf({ image, inode, redirect }: Wanted): readonly string[] {
  const refuse = (why: string): Error =>
    raise('COMPOSEFS_REDIRECT_INVALID', {
      image,
      inode: String(inode),
      redirect: redirect === undefined ? '' : shown(redirect),
      why,
    })
  if (redirect === undefined) throw refuse('is absent, though its content lies elsewhere')
  if (redirect[0] !== SLASH) throw refuse('does not begin with a slash')
  if (redirect.length > LONGEST_REDIRECT) throw refuse(`is longer than ${LONGEST_REDIRECT} bytes`)
  const parts = new TextDecoder('utf-8', { ignoreBOM: true })
    .decode(redirect)
    .split('/')
    .filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refuse('leaves the object store')
  if (parts.length === 0) throw refuse('names no file')
  return parts
}

function shown(bytes: Uint8Array): string {
  const short = bytes.subarray(0, 100)
  return short.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? String.fromCharCode(...short)
    : `0x${toHex(short)}`
}
