import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import type { TreeEntry } from '../../fixtures/tree.ts'
import { run } from '../run.ts'

/**
 * The tree of an image as xfs_db tells it, for V4, which kernels of today do not mount. Names must hold no line feed.
 */
export function treeOfXfsDb(image: string): TreeEntry[] {
  const db = new Session(image)
  const geometry = db.ask(['sb 0\nprint rootino blocksize agblocks agblklog'])[0] ?? ''
  const root = field(geometry, 'rootino')
  const blockSize = Number(field(geometry, 'blocksize'))
  const toByte = (fsblock: number): number => {
    const stride = 2 ** Number(field(geometry, 'agblklog'))
    const group = Math.floor(fsblock / stride)
    return (group * Number(field(geometry, 'agblocks')) + (fsblock % stride)) * blockSize
  }
  const file = openSync(image, 'r')
  const entries: TreeEntry[] = []
  let level: { path: string; inode: string }[] = [{ path: '', inode: root }]
  while (level.length > 0) {
    const cores = db.ask(level.map(({ inode }) => `inode ${inode}\nprint ${FIELDS.join(' ')}`))
    const details = db.ask(
      level.map(({ inode }, index) => `inode ${inode}\n${DETAIL[kindOf(cores[index] ?? '')]}`),
    )
    const next: { path: string; inode: string }[] = []
    for (const [index, { path }] of level.entries()) {
      const core = cores[index] ?? ''
      const detail = details[index] ?? ''
      const kind = kindOf(core)
      const content = (): Buffer =>
        readContent(file, detail, Number(field(core, 'core.size')), blockSize, toByte)
      entries.push(entryOf(path === '' ? '/' : path, kind, core, detail, content))
      if (kind !== 'directory') continue
      for (const line of detail.split('\n')) {
        const [, inode, name] = /^\d+\s+(\d+)\s+\S+\s+0x[0-9a-f]+\s+\d+ (.*) \(good\)$/.exec(line) ?? []
        if (inode !== undefined && name !== undefined && name !== '.' && name !== '..') {
          next.push({ path: `${path}/${name}`, inode })
        }
      }
    }
    level = next
  }
  closeSync(file)
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

type Kind = TreeEntry['kind']

const FIELDS = [
  'mode',
  'format',
  'nlinkv2',
  'size',
  'uid',
  'gid',
  'mtime.sec',
  'forkoff',
  'aformat',
  'naextents',
].map((name) => `core.${name}`)

const DETAIL: Readonly<Record<Kind, string>> = {
  directory: 'ls',
  file: 'bmap -d',
  symlink: 'print u.symlink\nbmap -d',
  'block device': 'print u.dev',
  'character device': 'print u.dev',
  fifo: 'print core.size',
  socket: 'print core.size',
}

function entryOf(path: string, kind: Kind, core: string, detail: string, content: () => Buffer): TreeEntry {
  const mode = (Number.parseInt(field(core, 'core.mode'), 8) & 0o7777).toString(8).padStart(4, '0')
  const base = {
    path,
    kind,
    mode,
    uid: Number(field(core, 'core.uid')),
    gid: Number(field(core, 'core.gid')),
  }
  const more = {
    mtime: Date.parse(`${field(core, 'core.mtime.sec')} UTC`) / 1000,
    hasXattrs: field(core, 'core.forkoff') !== '0' && field(core, 'core.naextents') !== '0',
  }
  if (kind === 'directory') return { ...base, ...more }
  const linked = { ...base, links: Number(field(core, 'core.nlinkv2')), ...more }
  const size = Number(field(core, 'core.size'))
  if (kind === 'file') {
    return { ...linked, size, sha256: createHash('sha256').update(content()).digest('hex') }
  }
  if (kind === 'symlink') {
    const inline = /^u\.symlink = "(.*)"$/m.exec(detail)?.[1]
    return { ...linked, size, target: inline ?? content().toString('utf8') }
  }
  if (kind === 'fifo' || kind === 'socket') return linked
  const device = Number(field(detail, 'u.dev'))
  return { ...linked, device: `${(device >>> 18) & 0x1ff}:${device & 0x3ffff}` }
}

function kindOf(core: string): Kind {
  const type = Number.parseInt(field(core, 'core.mode'), 8) >>> 12
  const kinds: Readonly<Record<number, Kind>> = {
    1: 'fifo',
    2: 'character device',
    4: 'directory',
    6: 'block device',
    8: 'file',
    10: 'symlink',
    12: 'socket',
  }
  const kind = kinds[type]
  if (kind === undefined) throw new Error(`xfs_db shows no kind: ${core}`)
  return kind
}

function readContent(
  file: number,
  map: string,
  size: number,
  blockSize: number,
  toByte: (fsblock: number) => number,
): Buffer {
  const content = Buffer.alloc(size)
  for (const line of map.split('\n')) {
    const [, offset, start, count, flag] =
      /^data offset (\d+) startblock (\d+) \S+ count (\d+) flag (\d)/.exec(line) ?? []
    if (offset === undefined || flag !== '0') continue
    const at = Number(offset) * blockSize
    const length = Math.min(Number(count) * blockSize, size - at)
    if (length > 0) readSync(file, content, at, length, toByte(Number(start)))
  }
  return content
}

function field(text: string, name: string): string {
  const value = new RegExp(`^${name.replaceAll('.', '\\.')} = (.*)$`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`xfs_db does not show ${name}: ${text}`)
  return value
}

/** Many questions, one run of xfs_db. */
class Session {
  readonly #image: string

  constructor(image: string) {
    this.#image = image
  }

  ask(questions: readonly string[]): string[] {
    const input = questions.map((question) => `${question}\necho @@@@\n`).join('')
    return run('xfs_db', ['-r', this.#image], { input }).split(/^@@@@ *\n/m)
  }
}
