import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openDiskImage, openImageSource } from '../../../src/adapters/image-source/index.ts'
import { extentsOf } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/index.ts'
import { streamVmdk } from '../../fixtures/stream-vmdk.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import type { Comparison, DifferentialTarget } from '../target.ts'
import { makeDisk } from './make.ts'
import type { Kind } from './make.ts'

type Range = Readonly<{ start: number; length: number; zero: boolean }>

/** VirtualBox's images, dynamic and static. */
export const vdi = target('vdi', {
  format: 'vdi',
  options: (random) => {
    const isFlat = random.chance(30)
    return { options: isFlat ? ['static=on'] : [], isWritable: true, isFlat }
  },
})

/** Virtual PC's images, fixed and dynamic, of the size of their geometry or of any. */
export const vhd = target('vhd', {
  format: 'vpc',
  options: (random) => {
    const isFlat = random.chance(30)
    const forced = random.chance(50) ? ['force_size=on'] : []
    return { options: [`subformat=${isFlat ? 'fixed' : 'dynamic'}`, ...forced], isWritable: true, isFlat }
  },
})

const WRITABLE_VMDK = [
  'monolithicSparse',
  'monolithicFlat',
  'twoGbMaxExtentSparse',
  'twoGbMaxExtentFlat',
] as const

/** VMware's images: in one file and in several, compressed as QEMU does it and as VMware does. */
export const vmdk = target('vmdk', {
  format: 'vmdk',
  options: (random) => {
    if (random.chance(30)) {
      const grainSectors = 2 ** random.between(3, 9)
      const tableEntries = random.pick([32, 128, 512])
      const [padsLastGrain, level] = [random.chance(50), random.pick([0, 1, 9])]
      const options = { grainSectors, tableEntries, padsLastGrain, level }
      const write = (raw: Uint8Array) => ({
        bytes: streamVmdk(raw, options),
        made: `streamVmdk(source.raw, ${JSON.stringify(options)})`,
      })
      return { options: [], isWritable: false, isFlat: false, write }
    }
    const subformat = random.chance(20) ? 'streamOptimized' : random.pick(WRITABLE_VMDK)
    const isFlat = subformat.endsWith('Flat')
    return {
      options: [
        `subformat=${subformat}`,
        ...(random.chance(20) ? ['compat6=on'] : []),
        ...(!isFlat && subformat !== 'streamOptimized' && random.chance(40) ? ['zeroed_grain=on'] : []),
      ],
      isWritable: subformat !== 'streamOptimized',
      isFlat,
    }
  },
})

/** Hyper-V's images, of which `qemu-img map` says that all of them is data. */
export const vhdx = target('vhdx', {
  format: 'vhdx',
  options: (random) => ({
    options: [
      `subformat=${random.chance(20) ? 'fixed' : 'dynamic'}`,
      ...(random.chance(50) ? [`block_size=${2 ** random.between(0, 5)}M`] : []),
      ...(random.chance(20) ? ['log_size=2M'] : []),
    ],
    isWritable: true,
    isFlat: true,
  }),
})

/** Random images, their contents by `qemu-img convert` and where they hold nothing by `qemu-img map`. */
function target(name: string, kind: Kind): DifferentialTarget {
  return {
    name,
    lacks: () =>
      spawnSync('qemu-img', ['--version']).error === undefined ? undefined : 'needs qemu-img (qemu-utils)',
    async compare(seed, directory, size): Promise<Comparison> {
      const { path, commands, isFlat } = makeDisk(kind, new Random(seed, size), directory)
      const raw = join(directory, 'expected.raw')
      run('qemu-img', ['convert', '-f', kind.format, '-O', 'raw', path, raw])
      const map = run('qemu-img', ['map', '-f', kind.format, '--output=json', path])
      const differences: string[] = []
      await using expected = await openImageSource(raw)
      await using image = await openDiskImage(path, { otherFilesDirectory: directory, threads: 1 })
      const { disk, type, warnings } = image
      if (type !== name) differences.push(`type: ${type}`)
      differences.push(...warnings.map(({ message }) => `warning: ${message}`))
      if (disk.size !== expected.source.size) {
        differences.push(`size: ${disk.size}, not ${expected.source.size}`)
      } else {
        const theirs = await hashOf(expected.source, 1_000_003)
        for (const pieceBytes of [1_000_003, 51_201]) {
          const ours = await hashOf(disk, pieceBytes)
          if (ours !== theirs)
            differences.push(`contents, in pieces of ${pieceBytes}: ${ours}, not ${theirs}`)
        }
      }
      const found: Range[] = []
      for await (const { offsetBytes, lengthBytes, kind: what } of extentsOf(disk)) {
        if (what !== 'data' && !(await isZero(expected.source, offsetBytes, lengthBytes))) {
          differences.push(`not zeros: ${lengthBytes} bytes at ${offsetBytes}`)
        }
        found.push({ start: offsetBytes, length: lengthBytes, zero: what !== 'data' })
      }
      const [ours, theirs] = [found, JSON.parse(map) as readonly Range[]].map((ranges) =>
        JSON.stringify(joined(ranges)),
      )
      if (!isFlat && ours !== theirs) differences.push(`zeros: ${ours}, not ${theirs}`)
      return { made: commands.join('; '), nodes: found.length, differences }
    },
  }
}

async function hashOf(source: ByteSource, pieceBytes: number): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < source.size; at += pieceBytes) {
    hash.update(await source.read(at, Math.min(pieceBytes, source.size - at)))
  }
  return hash.digest('hex')
}

async function isZero(source: ByteSource, offset: number, length: number): Promise<boolean> {
  const bytes = await source.read(offset, Math.min(length, source.size - offset))
  return bytes.every((byte) => byte === 0)
}

/** Neighbours that both are zeros, or both may hold something, as one. */
function joined(ranges: readonly Range[]): readonly Range[] {
  const out: { start: number; length: number; zero: boolean }[] = []
  for (const { start, length, zero } of ranges) {
    const last = out.at(-1)
    if (last !== undefined && last.zero === zero) last.length += length
    else out.push({ start, length, zero })
  }
  return out
}
