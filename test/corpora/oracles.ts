import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, openSync, closeSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { TreeOf } from './trees.ts'

/** Nothing of a corpus takes as long. */
const TIMEOUT_MS = 60_000
const MOST_OUTPUT_BYTES = 1 << 28

export type Ran = Readonly<{ status: number | null; stdout: string; stderr: string; isLate: boolean }>

export function ran(program: string, args: readonly string[], stdoutTo?: string): Ran {
  const file = stdoutTo === undefined ? undefined : openSync(stdoutTo, 'w')
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    timeout: TIMEOUT_MS,
    maxBuffer: MOST_OUTPUT_BYTES,
    env: { ...process.env, LC_ALL: 'C', MTOOLS_SKIP_CHECK: '1' },
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
  })
  if (file !== undefined) closeSync(file)
  const isLate = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT'
  return { status, stdout: stdout?.toString() ?? '', stderr: stderr?.toString() ?? '', isLate }
}

/** What unpacks a file, by its first bytes. */
const UNPACKERS: readonly (readonly [magic: string, argv: readonly string[]])[] = [
  ['\x1f\x8b', ['gzip', '-dc']],
  ['\xfd7zXZ\0', ['xz', '-dc']],
  ['BZh', ['bzip2', '-dc']],
  ['\x28\xb5\x2f\xfd', ['zstd', '-dc']],
]
const FORMATS: readonly (readonly [magic: string, offset: number, format: string])[] = [
  ['QFI\xfb', 0, 'qcow2'],
  ['KDMV', 0, 'vmdk'],
  ['vhdxfile', 0, 'vhdx'],
  ['conectix', 0, 'vpc'],
  ['\x7f\x10\xda\xbe', 64, 'vdi'],
]

/** The disk in a file as gzip, xz, bzip2, zstd and qemu-img give it; undefined where one of them fails. */
export function rawDiskOf(file: string, work: string): string | undefined {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  let path = join(work, '0')
  copyFileSync(file, path)
  for (let level = 1; level <= 3; level += 1) {
    const next = join(work, String(level))
    const unpacker = UNPACKERS.find(([magic]) => hasAt(path, magic, 0))
    if (unpacker !== undefined) {
      const [program = '', ...args] = unpacker[1]
      const { status } = ran(program, [...args, path], next)
      if (status !== 0) return undefined
      path = next
      continue
    }
    const found = FORMATS.find(([magic, offset]) => hasAt(path, magic, offset))
    if (found === undefined) return path
    const { status } = ran('qemu-img', ['convert', '-f', found[2], '-O', 'raw', path, next])
    return status === 0 ? next : undefined
  }
  return path
}

function hasAt(path: string, magic: string, offset: number): boolean {
  const bytes = Buffer.alloc(magic.length)
  const file = openSync(path, 'r')
  readSync(file, bytes, 0, magic.length, offset)
  closeSync(file)
  return bytes.toString('latin1') === magic
}

export type Probed = Readonly<{
  type: string
  uuid: string
  label: string
  scheme: string
  /** Several signatures: blkid says none of them. */
  isAmbivalent: boolean
}>

export function blkid(path: string, offsetBytes = 0, sizeBytes = statSync(path).size): Probed {
  const { status, stdout } = ran('blkid', [
    '-p',
    '-o',
    'export',
    '-O',
    String(offsetBytes),
    '-S',
    String(sizeBytes),
    path,
  ])
  const of = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? ''
  return {
    type: of('TYPE'),
    uuid: of('UUID'),
    label: of('LABEL'),
    scheme: of('PTTYPE'),
    isAmbivalent: status === 8,
  }
}

export type TablePartition = Readonly<{
  node: string
  start: number
  size: number
  type: string
  uuid?: string
}>

export function sfdisk(path: string): readonly TablePartition[] | undefined {
  const { status, stdout } = ran('sfdisk', ['--json', path])
  if (status !== 0) return undefined
  const { partitiontable } = JSON.parse(stdout) as {
    partitiontable: { partitions?: TablePartition[]; unit: string; sectorsize?: number }
  }
  return partitiontable.partitions ?? []
}

/** As the kernel shows it; for FAT mtools, for discs bsdtar. Undefined where it is not shown. */
export function treeBy(path: string, type: string, offsetBytes: number, work: string): TreeOf | undefined {
  const directory = join(work, 'tree')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const list = [process.execPath, join(import.meta.dirname, 'trees.ts'), 'directory', directory]
  const shell = (script: string, ...args: string[]): Ran =>
    ran('unshare', ['--mount', 'sh', '-c', script, 'sh', path, directory, ...args])
  const options: Readonly<Record<string, string>> = {
    ext2: 'noload',
    ext3: 'noload',
    ext4: 'noload',
    xfs: 'norecovery,nouuid',
  }
  switch (type) {
    case 'ext2':
    case 'ext3':
    case 'ext4':
    case 'xfs':
    case 'btrfs':
    case 'squashfs':
    case 'erofs': {
      const more = options[type] === undefined ? '' : `,${options[type]}`
      const kind = type === 'ext2' || type === 'ext3' ? 'ext4' : type
      const how = `ro,loop,offset=${offsetBytes}${more}`
      return parsed(shell('mount -t "$3" -o "$4" "$1" "$2" || exit 9; shift 4; "$@"', kind, how, ...list))
    }
    case 'vfat': {
      const { status } = ran('mcopy', ['-s', '-n', '-m', '-i', `${path}@@${offsetBytes}`, '::*', directory])
      return status === 0 ? parsed(ran(list[0] ?? '', list.slice(1))) : undefined
    }
    case 'iso9660': {
      if (offsetBytes !== 0) return undefined
      const { status } = ran('bsdtar', ['-xf', path, '-C', directory])
      return status === 0 ? parsed(ran(list[0] ?? '', list.slice(1))) : undefined
    }
    default:
      return undefined
  }
}

function parsed({ status, stdout }: Ran): TreeOf | undefined {
  return status === 0 ? (JSON.parse(stdout) as TreeOf) : undefined
}

/** Whether the file system is whole by its own checker. Undefined where there is none to ask. */
export function isSound(path: string, type: string, offsetBytes: number): boolean | undefined {
  if (!/^ext[234]$/.test(type)) return undefined
  return ran('e2fsck', ['-fn', `${path}?offset=${offsetBytes}`]).status === 0
}

/** What file(1) calls it. */
export function fileSays(path: string): string {
  return ran('file', ['-b', path]).stdout.trim()
}
