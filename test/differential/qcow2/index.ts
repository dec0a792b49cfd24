import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openImageSource } from '../../../src/adapters/image-source/index.ts'
import { extentsOf } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/index.ts'
import { openQcow2 } from '../../../src/formats/qcow2/index.ts'
import { run } from '../run.ts'
import type { Comparison, DifferentialTarget } from '../target.ts'
import { makeImage } from './make.ts'

type Range = Readonly<{ start: number; length: number; data: boolean }>

/** Random qcow2 images, their contents by `qemu-img convert` and their allocation by `qemu-img map`. */
export const qcow2: DifferentialTarget = {
  name: 'qcow2',
  lacks: () =>
    spawnSync('qemu-img', ['--version']).error === undefined ? undefined : 'needs qemu-img (qemu-utils)',
  async compare(seed, directory): Promise<Comparison> {
    const { path, commands } = makeImage(seed, directory)
    const raw = join(directory, 'expected.raw')
    run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', path, raw])
    const map = JSON.parse(run('qemu-img', ['map', '-f', 'qcow2', '--output=json', path])) as readonly Range[]
    const differences: string[] = []
    await using expected = await openImageSource(raw)
    await using image = await openImageSource(path, { otherFilesDirectory: directory, threads: 1 })
    const { source } = await openQcow2(image.source, image)
    if (source.size !== expected.source.size) {
      differences.push(`size: ${source.size}, not ${expected.source.size}`)
    } else {
      for (const pieceBytes of [1_000_003, 12_289]) {
        const [ours, theirs] = [await hashOf(source, pieceBytes), await hashOf(expected.source, 1_000_003)]
        if (ours !== theirs) differences.push(`contents, in pieces of ${pieceBytes}: ${ours}, not ${theirs}`)
      }
    }
    const found: Range[] = []
    for await (const { offsetBytes, lengthBytes, kind } of extentsOf(source)) {
      found.push({ start: offsetBytes, length: lengthBytes, data: kind === 'data' })
    }
    const [ours, theirs] = [joined(found), joined(map)].map((ranges) => JSON.stringify(ranges))
    if (ours !== theirs) differences.push(`data: ${ours}, not ${theirs}`)
    return { made: commands.join('; '), nodes: found.length, differences }
  },
}

async function hashOf(source: ByteSource, pieceBytes: number): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < source.size; at += pieceBytes) {
    hash.update(await source.read(at, Math.min(pieceBytes, source.size - at)))
  }
  return hash.digest('hex')
}

function joined(ranges: readonly Range[]): readonly Range[] {
  const out: { start: number; length: number; data: boolean }[] = []
  for (const { start, length, data } of ranges) {
    const last = out.at(-1)
    if (last !== undefined && last.data === data) last.length += length
    else out.push({ start, length, data })
  }
  return out
}
