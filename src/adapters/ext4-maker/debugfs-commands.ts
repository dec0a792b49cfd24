import type { TarEntry } from '../../formats/tar/index.ts'
import { raise } from './errors.ts'

/** The kinds of inodes (stat(2), S_IFMT) by the type of a tar entry. */
const KINDS: Readonly<Record<string, number>> = {
  '0': 0o100000,
  '2': 0o120000,
  '3': 0o020000,
  '4': 0o060000,
  '5': 0o040000,
  '6': 0o010000,
}
/** debugfs reads a line into a buffer of 8192 bytes. */
const LONGEST_LINE = 8000
/** mknod of debugfs takes no larger numbers. */
const LARGEST_SIMPLE_DEVICE = 65_535
/** An inode has room for some 100 bytes, and one block beside it. */
const MOST_ATTRIBUTE_BYTES = 3900
const ROOT_PATH = /^\.?\/*$/

/** A file with the bytes of something, by a name that needs no quotes. */
export type PutAside = (bytes: Uint8Array) => string

/** Where a directory entry goes: both as latin1, a character for each byte. */
type Place = Readonly<{ directory: string; name: string }>

/**
 * What debugfs is told, line by line, to make what tar entries are. Everything that is a name is quoted, and begins with `./`
 * where `<2>` would mean an inode.
 *
 * INVARIANTS: commands are in the order of the entries; `cd` comes before each that needs another directory.
 */
export class DebugfsCommands {
  #directory = ''
  /** How many names a file has, by its path. */
  readonly #links = new Map<string, number>()

  /** `content` names the file that has what a regular file holds. Throws EXT4_TREE_REFUSED. */
  of(entry: TarEntry, content: string | undefined, putAside: PutAside): readonly string[] {
    const path = latin1(entry.path)
    const lines = ROOT_PATH.test(path)
      ? [...this.#at({ directory: '/', name: '' }), ...factsOf('/', entry, putAside)]
      : this.#linesOf(entry, placeOf(path), content, putAside)
    for (const line of lines) {
      if (/[\n\r\0]/.test(line)) throw refused(entry, 'debugfs takes no names with a line break')
      if (line.length > LONGEST_LINE) throw refused(entry, 'its path is too long for debugfs')
    }
    return lines
  }

  #linesOf(
    entry: TarEntry,
    place: Place,
    content: string | undefined,
    putAside: PutAside,
  ): readonly string[] {
    const name = quoted(place.name)
    const itself = quoted(`./${place.name}`)
    const here = this.#at(place)
    const facts = (): readonly string[] => factsOf(itself, entry, putAside)
    switch (entry.type) {
      case '0':
        return [...here, `write ${content ?? ''} ${name}`, ...facts()]
      case '1':
        return [...here, ...this.#hardLink(entry, name, itself)]
      case '2':
        return [...here, `symlink ${name} ${quoted(latin1(entry.link))}`, ...facts()]
      case '5': {
        // mke2fs has made this one.
        const isThere = place.directory === '/' && place.name === 'lost+found'
        return [...here, ...(isThere ? [] : [`mkdir ${name}`]), ...facts()]
      }
      case '6':
        return [...here, `mknod ${name} p`, ...facts()]
      case '3':
      case '4':
        return [...here, ...device(entry, name, itself), ...facts()]
      default:
        throw refused(entry, `it is of the type "${entry.type}"`)
    }
  }

  /** `ln` takes no second block for the directory, and counts no links. A node that was there before leaves room for the name. */
  #hardLink(entry: TarEntry, name: string, itself: string): readonly string[] {
    const { directory, name: target } = placeOf(latin1(entry.link))
    const path = `${directory === '/' ? '' : directory}/${target}`
    const links = (this.#links.get(path) ?? 1) + 1
    this.#links.set(path, links)
    return [
      `mknod ${name} p`,
      `rm ${itself}`,
      `ln ${quoted(path)} ${name}`,
      `sif ${itself} links_count ${links}`,
    ]
  }

  #at({ directory }: Place): readonly string[] {
    if (this.#directory === directory) return []
    this.#directory = directory
    return [`cd ${quoted(directory)}`]
  }
}

/** Owner, mode, time and attributes of what `itself` names. */
function factsOf(itself: string, entry: TarEntry, putAside: PutAside): readonly string[] {
  const { uid, gid, mode, modifiedNs, xattrs, type } = entry
  const attributeBytes = xattrs.reduce((sum, [name, value]) => sum + name.length + value.length + 20, 0)
  if (attributeBytes > MOST_ATTRIBUTE_BYTES)
    throw refused(
      entry,
      `its extended attributes have ${attributeBytes} bytes, and ext4 has room for a block`,
    )
  return [
    `sif ${itself} mode 0${((KINDS[type] ?? 0) | mode).toString(8)}`,
    `sif ${itself} uid ${uid}`,
    `sif ${itself} gid ${gid}`,
    `sif ${itself} mtime @${modifiedNs / 1_000_000_000n}`,
    ...xattrs.map(([name, value]) => `ea_set -f ${putAside(value)} ${itself} ${quoted(utf8(name))}`),
  ]
}

function device(entry: TarEntry, name: string, itself: string): readonly string[] {
  const { major, minor, type } = entry
  const kind = type === '3' ? 'c' : 'b'
  if (Math.max(major, minor) <= LARGEST_SIMPLE_DEVICE) return [`mknod ${name} ${kind} ${major} ${minor}`]
  // new_encode_dev() of Linux, in the second word of the block list.
  const number = ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
  return [`mknod ${name} ${kind} 0 0`, `sif ${itself} block[0] 0`, `sif ${itself} block[1] ${number}`]
}

function placeOf(path: string): Place {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return { directory: `/${parts.slice(0, -1).join('/')}`, name: parts.at(-1) ?? '' }
}

/** As libss reads a word: quotes in it are doubled. */
function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function refused({ path }: TarEntry, why: string): Error {
  return raise('EXT4_TREE_REFUSED', { path: new TextDecoder().decode(path), why })
}
