import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { diskComposer, openDeployImage } from '../../../src/app/conductor/index.ts'
import { extentsOf, fromBytes } from '../../../src/bytes/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import type { DeployImage, DiskChunks, DiskRequest } from '../../../src/ports/index.ts'
import { saidBySfdisk } from '../../fixtures/sfdisk.ts'
import { drawTable } from '../partition-table/draw-table.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { DifferentialTarget } from '../target.ts'

const MIB = 1 << 20
const MOST_MIB = 300
const PROGRAMS = ['sfdisk', 'sgdisk', 'mke2fs', 'e2fsck'] as const

/**
 * Images with tables by sfdisk and content of all kinds, composed for a disk of another size: its table against that of the image,
 * by sfdisk and sgdisk, and its content against qemu-img convert. Refusals have to be true. Needs no rights.
 */
export const composedDisk: DifferentialTarget = {
  name: 'composed-disk',
  lacks: () => {
    const missing = PROGRAMS.filter((one) => !existsSync(`/usr/sbin/${one}`) && !existsSync(`/sbin/${one}`))
    return missing.length === 0 ? undefined : `${missing.join(', ')} is not installed`
  },
  async compare(seed, directory) {
    const random = new Random(seed)
    const image = makeImage(random, directory)
    const raw = join(directory, 'reference')
    run('qemu-img', ['convert', '-O', 'raw', image.path, raw])
    await using opened = await openDeployImage({
      location: image.path,
      form: 'wholeDisk',
      addedArguments: [],
      deletedArguments: [],
    })
    const form = image.label === 'none' ? 'trio' : 'wholeDisk'
    const deployed: DeployImage = { ...opened, form, partition: { typeGuid: LINUX, label: 'root' } }
    const drive = random.chance(60) ? random.bytes(random.between(1, 3_000_000)) : undefined
    const sectorSizeBytes = form === 'trio' && random.chance(30) ? 4096 : 512
    const unit = sectorSizeBytes * (random.chance(50) ? 1 : 8)
    const delta = random.between(-20, 60) * MIB + random.below(MIB)
    const diskBytes = Math.max(unit * 1024, Math.floor((deployed.disk.size + delta) / unit) * unit)
    const request: DiskRequest = {
      image: { ...deployed, sectorSizesBytes: [512, 4096] },
      diskBytes,
      sectorSizeBytes,
      seed: `seed ${seed}`,
      ...(drive && { configDrive: fromBytes(drive, 'config drive') }),
    }
    const made = `${image.made}; ${form} of ${deployed.disk.size} on ${diskBytes} bytes, sectors of ${sectorSizeBytes}, config drive of ${drive?.length ?? 0}`
    const compose = diskComposer({ pieceBytes: random.pick([1, 4, 8]) * MIB })
    let chunks: DiskChunks
    try {
      chunks = await compose(request)
    } catch (error) {
      return { made, nodes: 1, differences: await falseRefusal(error, request, compose, raw) }
    }
    const disk = join(directory, 'disk')
    const ranges = await write(chunks, disk, random)
    const table = checkTable(disk, raw, form, sectorSizeBytes, drive !== undefined)
    const content = await checkContent(deployed, form, disk, raw, image.hasTable)
    return {
      made,
      nodes: ranges,
      differences: [...table, ...content, ...checkDrive(disk, sectorSizeBytes, form, drive)],
    }
  },
}

/** What is used here of what sfdisk says. */
type Placed = Readonly<{ start: number; size: number }>

const partitionsIn = (json: string): readonly Placed[] => saidBySfdisk(json).partitions as readonly Placed[]

const LINUX = '0fc63daf-8483-4772-8e79-3d69d8477de4'

type Made = Readonly<{ path: string; label: 'gpt' | 'dos' | 'none'; hasTable: boolean; made: string }>

/** A table with bytes and file systems in its partitions, or one file system; as raw, or as qcow2 of some kind. */
function makeImage(random: Random, directory: string): Made {
  const raw = join(directory, 'drawn')
  writeFileSync(raw, '')
  let made: string
  let label: Made['label'] = 'none'
  if (random.chance(25)) {
    const mib = random.between(8, 60)
    truncateSync(raw, mib * MIB)
    const block = random.pick([1024, 4096])
    run('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', `${block}`, '-d', join(import.meta.dirname, '..'), raw])
    made = `ext4 of ${mib} MiB with blocks of ${block} bytes`
  } else {
    let drawn = drawTable(random)
    // A sparse raw image is all data: larger ones take their time, and show nothing more.
    while (drawn.mib > MOST_MIB) drawn = drawTable(random)
    truncateSync(raw, drawn.mib * MIB)
    run('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', raw], { input: drawn.script })
    label = drawn.label
    fill(random, raw, directory)
    made = drawn.script.replaceAll('\n', '; ')
  }
  if (random.chance(30)) return { path: raw, label, hasTable: label !== 'none', made: `raw, ${made}` }
  const path = join(directory, 'image.qcow2')
  const options = random.pick([
    [],
    ['-o', 'compat=0.10'],
    ['-c'],
    ['-c', '-o', 'compression_type=zstd'],
    ['-o', 'cluster_size=4096'],
  ])
  run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', ...options, raw, path])
  return { path, label, hasTable: label !== 'none', made: `qcow2 ${options.join(' ')}, ${made}` }
}

function fill(random: Random, path: string, directory: string): void {
  const json = join(directory, 'drawn.json')
  writeFileSync(json, run('sfdisk', ['--json', path]))
  const descriptor = openSync(path, 'r+')
  try {
    for (const { start, size } of partitionsIn(json)) {
      for (let count = random.below(4); count > 0; count -= 1) {
        const bytes = random.bytes(Math.min(size * 512, random.between(1, 40_000)))
        const at = start * 512 + random.below(size * 512 - bytes.length + 1)
        writeSync(descriptor, bytes, 0, bytes.length, at)
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Onto a disk that was full of other bytes at its ends and here and there. */
async function write(chunks: DiskChunks, path: string, random: Random): Promise<number> {
  writeFileSync(path, '')
  truncateSync(path, chunks.diskBytes)
  const descriptor = openSync(path, 'r+')
  try {
    const noise = random.bytes(65_536)
    for (let count = 0; count < 20; count += 1)
      writeSync(
        descriptor,
        noise,
        0,
        noise.length,
        random.below(Math.floor((chunks.diskBytes - 65_536) / 512)) * 512,
      )
    writeSync(descriptor, noise, 0, noise.length, 0)
    writeSync(descriptor, noise, 0, noise.length, chunks.diskBytes - noise.length)
    for (let index = 0; index < chunks.count; index += 1) {
      const { head, packed } = await chunks.piece(index)
      const [offset = Number.NaN, length = Number.NaN] = head.split(' ').map(Number)
      const bytes = packed === undefined ? Buffer.alloc(length) : zstdDecompressSync(packed)
      if (bytes.length !== length) throw new Error(`piece ${index} has ${bytes.length} bytes`)
      writeSync(descriptor, bytes, 0, length, offset)
    }
  } finally {
    closeSync(descriptor)
  }
  return chunks.count
}

function checkTable(
  disk: string,
  raw: string,
  form: DeployImage['form'],
  sectorBytes: number,
  hasDrive: boolean,
): readonly string[] {
  // Neither program can be told of another sector size for a file: the integration test has devices for that.
  if (sectorBytes !== 512) return []
  const tableOf = (path: string, json: string): ReturnType<typeof saidBySfdisk> => {
    writeFileSync(json, run('sfdisk', ['--json', path]))
    return saidBySfdisk(json)
  }
  const ours = tableOf(disk, `${disk}.json`)
  const told = run('sh', ['-c', `sgdisk -v "$1" 2>&1; sfdisk --verify "$1" 2>&1`, 'sh', disk])
  const isGpt = /label: gpt/.test(run('sfdisk', ['--dump', disk]))
  const verified = !isGpt || /No problems found/.test(told) ? [] : [`sgdisk says ${told}`]
  if (form === 'trio') {
    const wanted = hasDrive ? 2 : 1
    const count = ours.partitions.length
    return [...verified, ...(count === wanted ? [] : [`${count} partitions, wanted ${wanted}`])]
  }
  const theirs = tableOf(raw, `${raw}.json`)
  const places = (all: typeof ours.partitions): readonly string[] => all.map((one) => JSON.stringify(one))
  const mine = places(ours.partitions)
  const kept = places(theirs.partitions)
  const added = mine.filter((one) => !kept.includes(one))
  return [
    ...verified,
    ...differencesOf([ours.id], [theirs.id], 'table'),
    ...kept.filter((one) => !mine.includes(one)).map((one) => `partition lost: ${one}`),
    ...(added.length === (hasDrive ? 1 : 0) ? [] : [`partitions added: ${added.join(' ')}`]),
  ]
}

/** All that is in use of the image, but for its table. */
async function checkContent(
  { disk: source }: DeployImage,
  form: DeployImage['form'],
  disk: string,
  raw: string,
  hasTable: boolean,
): Promise<readonly string[]> {
  const [ours, theirs] = [openSync(disk, 'r'), openSync(raw, 'r')]
  const shift = form === 'trio' ? MIB : 0
  const size = readFileSizes(disk)
  // The end of the last partition: what is behind it may be the table's backup, or be cut.
  const end = hasTable ? endOfPartitions(`${raw}.json`) : source.size
  const start = hasTable ? 34 * 512 : 0
  const differences: string[] = []
  try {
    for await (const { offsetBytes, lengthBytes, kind } of extentsOf(source)) {
      if (kind === 'unallocated') continue
      const last = Math.min(offsetBytes + lengthBytes, end, size - shift)
      for (let at = Math.max(offsetBytes, start); at < last; at += MIB) {
        const length = Math.min(MIB, last - at)
        const [a, b] = [Buffer.alloc(length), Buffer.alloc(length)]
        readSync(ours, a, 0, length, at + shift)
        readSync(theirs, b, 0, length, at)
        if (Buffer.compare(a, b) !== 0) {
          const first = a.findIndex((byte, index) => byte !== b[index])
          differences.push(`content differs from byte ${at + first} of the image on`)
        }
      }
    }
  } finally {
    closeSync(ours)
    closeSync(theirs)
  }
  return differences.slice(0, 5)
}

function readFileSizes(path: string): number {
  return Number(run('stat', ['-c', '%s', path]))
}

function endOfPartitions(json: string): number {
  return partitionsIn(json).reduce((end, { start, size }) => Math.max(end, (start + size) * 512), 0)
}

function checkDrive(
  disk: string,
  sectorBytes: number,
  form: DeployImage['form'],
  drive: Uint8Array | undefined,
): readonly string[] {
  if (drive === undefined || sectorBytes !== 512) return []
  const partitions = partitionsIn(`${disk}.json`)
  const isDrive = ({ start }: Placed): boolean => {
    const descriptor = openSync(disk, 'r')
    const bytes = Buffer.alloc(drive.length)
    readSync(descriptor, bytes, 0, drive.length, start * 512)
    closeSync(descriptor)
    return Buffer.compare(bytes, drive) === 0
  }
  return partitions.some(isDrive) ? [] : [`no partition of the ${form} holds the config drive`]
}

async function falseRefusal(
  error: unknown,
  request: DiskRequest,
  compose: ReturnType<typeof diskComposer>,
  raw: string,
): Promise<readonly string[]> {
  if (isAnnealError(error, 'DEPLOY_DISK_TOO_SMALL')) {
    const needed = Number(error.data['neededBytes'])
    if (needed <= request.diskBytes) return [`${needed} bytes are said to be needed of ${request.diskBytes}`]
    // What it says is enough has to be enough, but for where a partition may begin.
    const unit = MIB
    try {
      await compose({ ...request, diskBytes: Math.ceil(needed / unit) * unit + unit })
      return []
    } catch (second) {
      if (isAnnealError(second, 'DEPLOY_DISK_TOO_SMALL')) return [`${needed} bytes were not enough`]
      return falseRefusal(second, request, compose, raw)
    }
  }
  if (isAnnealError(error, 'DEPLOY_PARTITIONS_FULL')) {
    const json = `${raw}.json`
    writeFileSync(json, run('sfdisk', ['--json', raw]))
    const entries = (
      JSON.parse(readFileSync(json, 'utf8')) as { partitiontable: { partitions: { node: string }[] } }
    ).partitiontable.partitions
    const primaries = entries.filter(({ node }) => /reference[1-4]$/.test(node))
    return primaries.length === 4 ? [] : [`refused, with ${primaries.length} primary partitions`]
  }
  throw error
}
