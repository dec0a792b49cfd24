import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import type { Random } from '../random.ts'
import { drawXattrs } from '../draw-xattrs.ts'
import { run } from '../run.ts'

const ODD = [
  'ä',
  '漢',
  ' ',
  '~',
  '-',
  '"',
  '\\',
  '\u{1f600}',
  '*',
  '%',
  '.',
  '\t',
  '\u0001',
  "'",
  '$',
  '\ufeff',
  '\n',
]
const SLASH = Buffer.from('/')

type Entry = Readonly<{ at: Buffer; kind: 'file' | 'directory' | 'other' }>

/**
 * Fills a directory with what a file system may hold. `kernel` says that it is a mounted file system: then files are
 * also deleted, appended to in turn (which fragments them) and allocated without being written.
 */
export function fill(random: Random, directory: string, how: 'kernel' | 'copy'): void {
  const entries: Entry[] = []
  const script: string[] = []
  let number = 0
  const next = (parent: Buffer): Buffer => {
    number += 1
    return Buffer.concat([parent, SLASH, drawName(random, number)])
  }
  const directories: Buffer[] = [Buffer.from(directory)]
  for (let count = random.below(8); count > 0; count -= 1) {
    const at = next(random.pick(directories))
    mkdirSync(at)
    directories.push(at)
    entries.push({ at, kind: 'directory' })
  }
  const add = (at: Buffer, content: Uint8Array): void => {
    writeFileSync(at, content)
    entries.push({ at, kind: 'file' })
  }
  const crowded = random.pick(directories)
  for (let count = random.pick(random.sized([3, 20, 150, 700], [3, 20, 20, 60])); count > 0; count -= 1)
    add(next(crowded), small(random))
  for (let count = random.below(20); count > 0; count -= 1) add(next(random.pick(directories)), small(random))
  for (let count = random.below(5); count > 0; count -= 1) {
    const at = next(random.pick(directories))
    sparse(random, at, how)
    entries.push({ at, kind: 'file' })
  }
  for (let count = random.below(10); count > 0; count -= 1) {
    const at = next(random.pick(directories))
    const length = random.pick([1, 12, 59, 60, 61, 100, 156, 255, 1000])
    symlinkSync('t/'.repeat(length).slice(0, length), at)
    entries.push({ at, kind: 'other' })
  }
  const files = entries.filter(({ kind }) => kind === 'file').map(({ at }) => at)
  for (let count = random.below(5); count > 0; count -= 1)
    linkSync(random.pick(files), next(random.pick(directories)))
  for (let count = random.below(4); count > 0; count -= 1) {
    number += 1
    const at = `${directory}/special-${number}`
    const kind = random.pick([
      'p',
      `c ${random.below(4000)} ${random.below(1 << 20)}`,
      `b ${random.below(256)} ${random.below(256)}`,
    ])
    script.push(`mknod ${at} ${kind}`)
  }
  if (how === 'kernel' || random.chance(30)) script.push(...drawXattrs(random, `${directory}/attributes`))
  if (how === 'kernel') unsettle(random, directory, files, script)
  for (const { at, kind } of entries) dress(random, at, kind, how)
  if (script.length > 0) run('sh', ['-e'], { input: script.join('\n') })
}

/** What only a mounted file system can be put through. */
function unsettle(random: Random, directory: string, files: readonly Buffer[], script: string[]): void {
  const growing = Array.from({ length: random.below(4) }, () => random.pick(files))
  for (let round = random.pick([2, 30]); round > 0; round -= 1) {
    for (const at of growing) appendFileSync(at, random.bytes(random.between(1, 3000)))
  }
  for (const at of files) if (random.chance(15) && !growing.includes(at)) rmSync(at)
  if (random.chance(40)) {
    const at = `${directory}/allocated`
    writeFileSync(at, 'written')
    script.push(`fallocate --length ${random.between(1, 300_000)} ${at} || true`)
    script.push(`fallocate --keep-size --offset 400000 --length 50000 ${at} || true`)
  }
  if (random.chance(30)) script.push(`touch ${directory}/fixed && chattr +i ${directory}/fixed`)
}

function dress(random: Random, at: Buffer, kind: Entry['kind'], how: 'kernel' | 'copy'): void {
  if (kind === 'file' && !random.chance(85)) return
  try {
    if (random.chance(40)) lchownSync(at, random.below(70_000), random.below(200_000))
    if (kind !== 'other' && random.chance(60)) chmodSync(at, random.below(0o10000) | 0o400)
    // mke2fs takes 32 bits of a time, and its files are compared with what they were copied from.
    const seconds = how === 'kernel' ? random.pick([-5, 0, 2 ** 31 + 5, 2 ** 33 - 7]) : 5
    lutimesSync(at, 1, random.chance(30) ? seconds : 1_700_000_000 + random.below(1000) + 0.25)
  } catch (error) {
    // It was deleted meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function small(random: Random): Uint8Array {
  const length = random.pick([0, 1, 30, 59, 60, 61, 120, 150, 200, 800, 1024, 1025, 5000])
  const byte = random.below(256)
  return Uint8Array.from({ length }, (_, index) => (byte + index) & 255)
}

function sparse(random: Random, at: Buffer, how: 'kernel' | 'copy'): void {
  const file = openSync(at, 'w')
  // Far enough apart for the second and third level of a block map, too.
  const span = random.pick(
    random.sized(
      [20_000, 20_000, 20_000, 400_000, 400_000, 400_000, 3_000_000, 70_000_000],
      [20_000, 20_000, 400_000],
    ),
  )
  try {
    for (let count = random.between(1, random.sized(40, 8)); count > 0; count -= 1) {
      writeSync(file, random.bytes(random.between(1, 3000)), 0, undefined, random.below(span))
    }
  } finally {
    // Also where the file system is full: nobody could unmount it.
    closeSync(file)
  }
  // mke2fs 1.47.0 forgets a hole at the end of a file.
  if (how === 'kernel' && random.chance(50)) truncateSync(at, random.below(span) + 1)
}

/** A name that no other entry has; some are no UTF-8. */
function drawName(random: Random, number: number): Buffer {
  const plain = `${random.pick(['file', 'lib', 'x', 'a-rather-long-name-for-a-file'])}${number}`
  if (random.chance(80)) return Buffer.from(plain)
  if (random.chance(20)) return Buffer.from(`${plain}-${'n'.repeat(250 - plain.length)}`)
  if (random.chance(10)) return Buffer.concat([Buffer.from(plain), Buffer.of(0xff, 0xc3, 0x28)])
  return Buffer.from(`${random.pick(ODD)}${plain}${random.pick(ODD)}`)
}
