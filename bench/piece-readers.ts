import { setTimeout as sleep } from 'node:timers/promises'
import { scriptArguments } from '../scripts/script-arguments.ts'
import { diskComposer, openDeployImage } from '../src/app/conductor/index.ts'
import { countPlacedBytes } from '../test/fixtures/count-placed-bytes.ts'

/**
 * Machines that get their disks from one image, and what that costs, as a line of JSON. A process of its own: its CPU and memory
 * are those of the pieces. A reader has a disk that writes so many MB/s (0: any number), drawn from half to one and a half of it.
 */
export type ReadersCost = Readonly<{
  wallS: number
  cpuS: number
  peakMiB: number
  pieces: number
  /** Of the image that are in pieces; and how much was read of it, by all readers together. */
  usedMiB: number
  readMiB: number
  /** To one reader. */
  packedMiB: number
  firstS: number
  lastS: number
}>

const MIB = 1024 * 1024
const { values, positionals } = scriptArguments({
  allowPositionals: true,
  options: {
    form: { type: 'string', default: 'wholeDisk' },
    readers: { type: 'string', default: '1' },
    'write-mbs': { type: 'string', default: '0' },
    'apart-ms': { type: 'string', default: '0' },
    'piece-mib': { type: 'string' },
    'cache-mib': { type: 'string' },
    pipe: { type: 'boolean', default: false },
  },
})
const [location = ''] = positionals
const form = values.form === 'trio' ? 'trio' : 'wholeDisk'
const startedAt = performance.now()
await using opened = await openDeployImage({ location, form, addedArguments: [], deletedArguments: [] })
const { image, bytes: placedBytes } = countPlacedBytes(opened)
const compose = diskComposer({
  ...(values['piece-mib'] && { pieceBytes: Number(values['piece-mib']) * MIB }),
  ...(values['cache-mib'] && { cacheBytes: Number(values['cache-mib']) * MIB }),
})
const readers = Number(values.readers)
let [pieces, usedBytes, packedBytes] = [0, 0, 0]
const ends = await Promise.all(Array.from({ length: readers }, (_, index) => readAll(index)))

async function readAll(index: number): Promise<number> {
  await sleep(index * Number(values['apart-ms']))
  const start = performance.now()
  const disk = await compose({
    image,
    // Disks are not alike.
    diskBytes: image.disk.size + (64 + index) * MIB,
    sectorSizeBytes: image.sectorSizesBytes[0] ?? 512,
    seed: `machine ${index}`,
  })
  const mbs = Number(values['write-mbs']) * (0.5 + ((index * 7919) % 101) / 100)
  let packed = 0
  for (let at = 0; at < disk.count; at += 1) {
    const piece = await disk.piece(at)
    packed += piece.head.length + (piece.packed?.length ?? 0)
    if (values.pipe && piece.packed) await write(piece.packed)
    const length = Number(piece.head.split(' ')[1])
    if (mbs > 0 && piece.packed) await sleep(length / 1e3 / mbs)
  }
  ;[pieces, usedBytes, packedBytes] = [disk.count, disk.usedBytes, packed]
  return performance.now() - start
}

/** The frames one behind the other, for who wants to look at them. */
async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await new Promise((resolve) => process.stdout.once('drain', resolve))
}

const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
const cost: ReadersCost = {
  wallS: (performance.now() - startedAt) / 1000,
  cpuS: (userCPUTime + systemCPUTime) / 1e6,
  peakMiB: maxRSS / 1024,
  pieces,
  usedMiB: usedBytes / MIB,
  readMiB: placedBytes() / MIB,
  packedMiB: packedBytes / MIB,
  firstS: Math.min(...ends) / 1000,
  lastS: Math.max(...ends) / 1000,
}
if (!values.pipe) process.stdout.write(`${JSON.stringify(cost)}\n`)
