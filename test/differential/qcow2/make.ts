import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../random.ts'
import { run } from '../run.ts'

export type Made = Readonly<{ path: string; commands: readonly string[] }>

const KIB = 1024

/** The same image for the same seed: clusters, versions, compression, overlays and what is written at random. */
export function makeImage(seed: number, directory: string): Made {
  const random = new Random(seed)
  const below = (limit: number): number => random.below(limit)
  const chance = (percent: number): boolean => random.chance(percent)
  const commands: string[] = []
  const qemu = (program: string, ...argv: string[]): void => {
    commands.push([program, ...argv.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' '))
    run(program, argv)
  }
  const size = (1 + below(8192)) * 512
  const version2 = chance(20)
  const extended = !version2 && chance(30)
  const clusterBits = extended ? 14 + below(8) : 9 + below(13)
  const options = [
    `cluster_size=${2 ** clusterBits}`,
    `compat=${version2 ? '0.10' : '1.1'}`,
    ...(extended ? ['extended_l2=on'] : []),
    ...(version2 ? [] : [`compression_type=${chance(50) ? 'zstd' : 'zlib'}`]),
    ...(!version2 && chance(20) ? ['lazy_refcounts=on'] : []),
  ].join(',')
  const path = join(directory, 'image.qcow2')
  const source = join(directory, 'source.raw')
  writeFileSync(source, contents(size, below))

  const kind = below(4)
  if (kind === 0) qemu('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', options, path, String(size))
  else if (kind === 1) {
    const base = join(directory, 'base.qcow2')
    qemu('qemu-img', 'convert', ...(chance(50) ? ['-c'] : []), '-f', 'raw', '-O', 'qcow2', source, base)
    const larger = chance(30) ? size + below(64) * 512 : Math.max(512, size - below(64) * 512)
    const backing = ['-b', 'base.qcow2', '-F', 'qcow2', '-o', options]
    qemu('qemu-img', 'create', '-q', '-f', 'qcow2', ...backing, path, String(larger))
  } else {
    const compressed = kind === 2 ? ['-c'] : []
    qemu('qemu-img', 'convert', ...compressed, '-f', 'raw', '-O', 'qcow2', '-o', options, source, path)
  }
  if (chance(30)) qemu('qemu-img', 'snapshot', '-c', 'before', path)
  const writes = Array.from({ length: below(12) }, () => change(size, below))
  if (writes.length > 0) qemu('qemu-io', '-f', 'qcow2', ...writes.flatMap((one) => ['-c', one]), path)
  return { path, commands }
}

/** A command of qemu-io within the first half kibibytes that every size of these has, or anywhere below `size`. */
function change(size: number, below: (limit: number) => number): string {
  const sectors = Math.max(1, Math.floor(size / 512) - 64)
  const at = below(sectors) * 512
  const length = Math.min((1 + below(512)) * 512, Math.max(512, sectors * 512 - at))
  const what = below(10)
  if (what < 5) return `write -P ${1 + below(255)} ${at} ${length}`
  if (what < 7) return `write -z ${at} ${length}`
  if (what < 8) return `write -z -u ${at} ${length}`
  return `discard ${at} ${length}`
}

/** Runs of zeros, of one byte, of text and of noise. */
function contents(size: number, below: (limit: number) => number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size;) {
    const end = Math.min(size, at + (1 + below(256)) * KIB)
    const kind = below(4)
    if (kind === 1) bytes.fill(1 + below(255), at, end)
    if (kind === 2)
      for (let index = at; index < end; index += 1) bytes[index] = 32 + (((index * index) >>> 3) % 90)
    if (kind === 3) for (let index = at; index < end; index += 1) bytes[index] = below(256)
    at = end
  }
  return bytes
}
