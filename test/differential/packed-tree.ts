import {
  chmodSync,
  copyFileSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  closeSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { drawName } from './xfs/names.ts'
import { drawXattrs } from './draw-xattrs.ts'
import type { Random } from './random.ts'
import { run } from './run.ts'

/**
 * Fills an empty directory with what a packer of trees (mksquashfs, mkfs.erofs) treats in different ways: content that
 * compresses well, badly and not at all, that repeats, and that has holes; lengths around the ends of blocks; large directories;
 * links, devices and extended attributes.
 */
export function writePackedTree(
  random: Random,
  directory: string,
  options: Readonly<{ xattrs: 'some' | 'none' }>,
): void {
  const files: string[] = []
  const crowds = random.sized([0, 200, 900, 3000], [0, 0, 0, 150])
  const counts = [0, 3, random.between(5, random.sized(60, 15)), random.pick(crowds)]
  for (const [number, count] of counts.entries()) {
    const below = join(directory, `${random.pick(['dir', 'sub', 'd'])}${number}`)
    mkdirSync(below)
    for (let index = 0; index < count; index += 1) {
      const path = join(below, drawName(random, index))
      if (random.chance(8)) mkdirSync(path)
      else if (random.chance(4)) symlinkSync('t'.repeat(random.pick([1, 30, 300, 4000])), path)
      else {
        writeFileSync(path, count > 100 && !random.chance(5) ? '' : content(random))
        if (files.length < 200) files.push(path)
      }
    }
  }
  deep(random, directory)
  for (let index = random.below(random.sized(4, 2)); index > 0; index -= 1) {
    const path = join(directory, `large${index}`)
    large(random, path)
    files.push(path)
  }
  for (let index = random.below(5); index > 0 && files.length > 0; index -= 1) {
    linkSync(random.pick(files), join(directory, `hard${index}`))
    copyFileSync(random.pick(files), join(directory, `copy${index}`))
  }
  run('bash', ['-s'], { input: specials(random, directory, options).join('\n') })
  for (const file of files) if (random.chance(20)) touch(random, file)
}

function content(random: Random): Uint8Array {
  const length = random.pick([
    0,
    1,
    100,
    random.below(5000),
    4095,
    4096,
    4097,
    8192,
    random.below(40_000),
    ...random.sized([65_536, random.below(300_000)], [random.chance(20) ? 70_000 : 600]),
  ])
  return fill(random, length)
}

/** Stretches of text, of zeros, of what was there before, and of noise. */
function fill(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const stretch = Math.min(length - at, random.pick([10, 700, 4096, 20_000, 140_000]))
    const kind = random.below(5)
    if (kind === 0) bytes.set(random.bytes(Math.min(stretch, 3000)), at)
    else if (kind === 1) bytes.fill(random.below(256), at, at + stretch)
    else if (kind === 2 && at > 0) {
      const from = random.below(at)
      for (let index = 0; index < stretch; index += 1) bytes[at + index] = bytes[from + index] ?? 0
    } else if (kind !== 2) {
      const word = new TextEncoder().encode(
        `${random.pick(['the', 'kernel', 'of', 'a', 'disk'])} ${random.below(99)}\n`,
      )
      for (let index = 0; index < stretch; index += 1) bytes[at + index] = word[index % word.length] ?? 0
    }
    at += stretch
  }
  return bytes
}

/** Some hundred blocks, with holes and a ragged end. */
function large(random: Random, path: string): void {
  const file = openSync(path, 'w')
  try {
    let at = 0
    for (let count = random.between(1, random.sized(12, 4)); count > 0; count -= 1) {
      if (random.chance(40))
        at += random.pick([4096, 131_072, 1 << 20, random.below(2_000_000)].slice(0, random.sized(4, 2)))
      const bytes = fill(random, random.pick([1, 4096, 131_072, random.below(random.sized(600_000, 60_000))]))
      writeSync(file, bytes, 0, bytes.length, at)
      at += bytes.length
    }
    if (random.chance(30)) ftruncateSync(file, at + random.pick([1, 4096, 1 << 21]))
  } finally {
    closeSync(file)
  }
}

function deep(random: Random, directory: string): void {
  let at = directory
  for (let level = random.below(random.sized(40, 6)); level > 0; level -= 1) {
    at = join(at, `l${level}`)
    mkdirSync(at)
    if (random.chance(20)) writeFileSync(join(at, 'file'), content(random))
  }
}

function specials(
  random: Random,
  directory: string,
  { xattrs }: Readonly<{ xattrs: 'some' | 'none' }>,
): string[] {
  const at = `'${directory}/special'`
  return [
    `mkdir ${at}; cd ${at}`,
    `mknod null c 1 3; mknod big b ${random.below(4096)} ${random.below(250_000)}; mkfifo -m 0620 pipe`,
    ...(random.sized(true, random.chance(10))
      ? [`python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")' 2>/dev/null || true`]
      : []),
    ...(xattrs === 'some' ? drawXattrs(random, `${directory}/attributes`) : []),
  ]
}

function touch(random: Random, file: string): void {
  chmodSync(file, random.pick([0o644, 0o4755, 0o2700, 0o1000, 0]))
  lchownSync(file, random.pick([0, 1000, 70_000, 4_000_000_000]), random.below(70_000))
  lutimesSync(file, 0, random.pick([0, 1, 1_420_070_400.25, 2_000_000_000]))
}
