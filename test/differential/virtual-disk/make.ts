import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../random.ts'
import { run } from '../run.ts'

export type Made = Readonly<{
  path: string
  commands: readonly string[]
  /** Every byte of the disk has its place in a file, whose holes `qemu-img map` shows and Anneal does not ask for. */
  isFlat: boolean
}>

/** How a format's images are made at random. */
export type Kind = Readonly<{
  /** As qemu-img calls it. */
  format: string
  /** For `-o`; and whether `qemu-io` may write to such an image afterwards. */
  options: (random: Random) => Readonly<{
    options: readonly string[]
    isWritable: boolean
    isFlat: boolean
    /** Made of a raw disk by something else than qemu-img. */
    write?: (raw: Uint8Array) => Readonly<{ bytes: Uint8Array; made: string }>
  }>
}>

const KIB = 1024
const MIB = 1024 * KIB

/** The same image for the same seed: what is in the disk, how it is made, and what is written to it afterwards. */
export function makeDisk(kind: Kind, random: Random, directory: string): Made {
  const commands: string[] = []
  const qemu = (program: string, ...argv: string[]): void => {
    commands.push([program, ...argv.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' '))
    run(program, argv)
  }
  // A few whole MiB more or less, or any number of sectors.
  const most = random.sized(24, 4)
  const size = random.chance(30) ? random.between(1, most) * MIB : random.between(1, most * 2048) * 512
  const { options, isWritable, isFlat, write } = kind.options(random)
  const path = join(directory, `image.${kind.format}`)
  const argv = ['-q', ...(random.chance(20) ? ['-S', '0'] : [])]
  const optioned = options.length === 0 ? [] : ['-o', options.join(',')]
  if (write !== undefined) {
    const source = join(directory, 'source.raw')
    writeContents(source, size, random)
    const { bytes, made } = write(readFileSync(source))
    writeFileSync(path, bytes)
    commands.push(made)
  } else if (isWritable && random.chance(15)) {
    qemu('qemu-img', 'create', '-q', '-f', kind.format, ...optioned, path, String(size))
  } else {
    const source = join(directory, 'source.raw')
    writeContents(source, size, random)
    qemu('qemu-img', 'convert', ...argv, '-f', 'raw', '-O', kind.format, ...optioned, source, path)
  }
  const writes = isWritable ? Array.from({ length: random.below(10) }, () => change(size, random)) : []
  if (writes.length > 0) qemu('qemu-io', '-f', kind.format, ...writes.flatMap((one) => ['-c', one]), path)
  return { path, commands, isFlat }
}

/** A command of qemu-io somewhere in the disk. */
function change(size: number, random: Random): string {
  const at = random.below(Math.max(1, size / 512)) * 512
  const length = Math.min((1 + random.below(random.sized(2048, 500))) * 512, size - at)
  if (random.chance(80)) return `write -P ${1 + random.below(255)} ${at} ${length}`
  return `write -z ${at} ${length}`
}

/** Long runs of nothing; between them zeros, one byte, text and noise. */
function writeContents(path: string, size: number, random: Random): void {
  const file = openSync(path, 'w')
  try {
    ftruncateSync(file, size)
    for (let at = 0; at < size;) {
      const length = Math.min(size - at, (1 + random.below(random.sized(512, 200))) * 512)
      const kind = random.below(4)
      if (kind === 0) writeSync(file, Buffer.alloc(length), 0, length, at)
      if (kind === 1) writeSync(file, Buffer.alloc(length, 1 + random.below(255)), 0, length, at)
      if (kind === 2) writeSync(file, Buffer.alloc(length, `line ${at} `), 0, length, at)
      if (kind === 3) writeSync(file, random.bytes(length), 0, length, at)
      at += length + (random.chance(40) ? random.below(random.sized(8192, 3000)) * 512 : 0)
    }
  } finally {
    closeSync(file)
  }
}
