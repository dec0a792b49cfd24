import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { drawName } from './names.ts'
import { drawXattrs } from '../draw-xattrs.ts'
import type { Random } from '../random.ts'
import { run } from '../run.ts'

/** Fills a mounted file system with what makes every structure of XFS appear. A full one is no failure. */
export function writeTree(random: Random, mount: string, features: Readonly<{ reflink: boolean }>): void {
  const files: string[] = []
  try {
    directories(random, mount, files)
    fragmented(random, join(mount, 'fragmented'), files)
    links(random, mount, files)
    if (features.reflink) shared(random, mount, files)
    specials(random, mount, files)
    for (const file of files) {
      if (random.chance(30)) unlinkSync(file)
      else if (random.chance(20)) touch(random, file)
    }
  } catch (error) {
    if (!isFull(error)) throw error
  }
}

function directories(random: Random, mount: string, files: string[]): void {
  const counts = [0, 3, random.between(5, 40), random.between(40, 200), random.between(200, 900)]
  if (random.chance(25)) counts.push(random.between(1500, 6000))
  if (random.chance(1)) counts.push(50_000)
  let at = mount
  for (const [number, count] of counts.entries()) {
    const directory = join(at, `${random.pick(['dir', 'sub', 'd'])}${number}`)
    mkdirSync(directory)
    if (random.chance(30)) at = directory
    const removed: string[] = []
    for (let index = 0; index < count; index += 1) {
      const path = join(directory, drawName(random, index))
      if (random.chance(10)) mkdirSync(path)
      else if (random.chance(5)) symlinkSync('target', path)
      else {
        writeFileSync(path, content(random, count > 1000 ? 1 : 30))
        if (random.chance(15)) removed.push(path)
        else if (files.length < 300) files.push(path)
      }
    }
    for (const path of removed) unlinkSync(path)
  }
}

function content(random: Random, likely: number): Uint8Array {
  if (!random.chance(likely)) return new Uint8Array(0)
  return random.bytes(random.pick([1, 100, random.below(5000), random.below(40_000)]))
}

/** Files of many extents, with holes and ranges that were set aside and never written. */
function fragmented(random: Random, directory: string, files: string[]): void {
  mkdirSync(directory)
  for (let number = 0; number < 4; number += 1) {
    const path = join(directory, `f${number}`)
    const file = openSync(path, 'w')
    const step = random.pick([4096, 8192, 12_288])
    const count = random.pick([3, 25, 400, 1500])
    try {
      for (let index = 0; index < count; index += 1) {
        writeSync(file, Uint8Array.of(index, number, 1), 0, 3, index * step * 2)
        if (random.chance(2)) fsyncSync(file)
      }
      if (random.chance(30)) ftruncateSync(file, random.below(count * step * 2))
      if (random.chance(20)) ftruncateSync(file, count * step * 2 + random.below(1_000_000))
    } finally {
      closeSync(file)
    }
    files.push(path)
  }
  const prepared = join(directory, 'prepared')
  const at = random.below(100_000)
  const commands = [`falloc 0 ${random.between(1, 300_000)}`, `pwrite -q -S 0x41 ${at} ${random.below(9000)}`]
  if (random.chance(50)) commands.push(`falloc -k 0 ${random.between(300_000, 900_000)}`)
  if (random.chance(50)) commands.push(`fpunch ${random.below(20_000)} ${random.between(1, 30_000)}`)
  run('xfs_io', ['-f', ...commands.flatMap((command) => ['-c', command]), prepared])
}

function links(random: Random, mount: string, files: string[]): void {
  const directory = join(mount, 'links')
  mkdirSync(directory)
  for (const length of [1, 50, 155, 156, 157, 335, 336, 337, 700, 1023, random.between(1, 1023)]) {
    symlinkSync('l'.repeat(length), join(directory, `to${length}-${random.below(1e9)}`))
  }
  for (let index = 0; index < 4 && files.length > 0; index += 1) {
    linkSync(random.pick(files), join(directory, `hard${index}`))
  }
}

function shared(random: Random, mount: string, files: string[]): void {
  if (files.length === 0) return
  const directory = join(mount, 'shared')
  mkdirSync(directory)
  for (let index = 0; index < 5; index += 1) {
    const copy = join(directory, `copy${index}`)
    copyFileSync(random.pick(files), copy, constants.COPYFILE_FICLONE)
    if (!random.chance(40)) continue
    const file = openSync(copy, 'r+')
    try {
      writeSync(file, random.bytes(5), 0, 5, random.below(20_000))
    } finally {
      closeSync(file)
    }
  }
}

function specials(random: Random, mount: string, files: string[]): void {
  const script = [
    `cd '${mount}'`,
    `mknod null c 1 3; mknod big b ${random.below(4096)} ${random.below(250_000)}; mkfifo -m 0620 pipe`,
    `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")' 2>/dev/null || true`,
    `: >attributes; for n in $(seq ${random.pick([1, 3, 30, 400])}); do`,
    `  setfattr --name="user.number-$n" --value="value of $n" attributes; done`,
    `mkdir labelled; setfattr --name=security.selinux --value=system_u:object_r:etc_t:s0 labelled`,
    `: >large; setfattr --name=user.large --value="$(head -c 20000 /dev/zero | tr '\\0' x)" large`,
    ...drawXattrs(random, 'xattrs'),
    `: >none; setfattr --name=user.a --value=b none; setfattr --remove=user.a none`,
    `: >fixed; xfs_io -c 'chattr +i' fixed`,
    ...(files.length === 0 ? [] : [`chmod 4755 '${random.pick(files).replaceAll("'", `'\\''`)}'`]),
  ]
  run('bash', [], { input: script.join('\n') })
}

function touch(random: Random, file: string): void {
  lutimesSync(file, 0, random.pick([0, 1, 1_420_070_400.25, 2_000_000_000, -86_400 * 365]))
  lchownSync(file, random.pick([0, 1000, 100_000, 4_000_000_000]), random.below(70_000))
}

/** Leaves free space in pieces, so that chunks of inodes no longer fit as a whole (sparse inodes). */
export function crumble(random: Random, mount: string, blockSize: number): void {
  const directory = join(mount, 'crumbs')
  const block = random.bytes(blockSize)
  const paths: string[] = []
  try {
    mkdirSync(directory)
    for (;;) {
      const path = join(directory, `c${paths.length}`)
      paths.push(path)
      writeFileSync(path, block)
    }
  } catch (error) {
    if (!isFull(error)) throw error
    // There was no room for so much as the directory.
    if (paths.length === 0) return
  }
  run('sync', ['-f', mount])
  for (const [index, path] of paths.entries()) if (index % 2 === 0) rmSync(path, { force: true })
  run('sync', ['-f', mount])
  try {
    for (let index = 0; index < 2000; index += 1) writeFileSync(join(directory, `small${index}`), '')
  } catch (error) {
    if (!isFull(error)) throw error
  }
}

function isFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    ((error as NodeJS.ErrnoException).code === 'ENOSPC' || error.message.includes('No space left on device'))
  )
}
