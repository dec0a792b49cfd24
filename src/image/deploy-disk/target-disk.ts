import type { Digest } from '../../core/index.ts'
import type { ByteSource } from '../../bytes/index.ts'

/** The disk of one machine, and what is its own about what it gets. */
export type TargetDisk = Readonly<{
  diskBytes: number
  sectorSizeBytes: number
  /** GUIDs are drawn from it: the same seed gives the same ones. */
  seed: string
  digest: Digest
  /** A file system with the label config-2: it gets a partition at the end of the disk. */
  configDrive?: ByteSource
}>

/** Partitions begin at multiples of this, as all tools have it. */
export const ALIGN_BYTES = 1024 * 1024

export const CONFIG_LABEL = 'config-2'

/** Linux filesystem. */
export const LINUX_TYPE = '0fc63daf-8483-4772-8e79-3d69d8477de4'

/** Linux LVM. */
export const LVM_TYPE = 'e6d6d379-f507-44c2-a23c-238f2a3df928'

/** A GUID of version 4 (RFC 9562, 5.4) whose bits are of a digest: as systemd-repart makes its own from a seed. */
export function drawGuid({ seed, digest }: Pick<TargetDisk, 'seed' | 'digest'>, what: string): string {
  const hex = digest(`${seed}\n${what}`).replace(/^sha256:/, '')
  const variant = (8 + (Number.parseInt(hex.slice(16, 17), 16) % 4)).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** Where a partition for the config drive begins that ends before `endBytes`; how long it is. */
export function placeOfConfigDrive(
  configDrive: ByteSource,
  endBytes: number,
): Readonly<{ offsetBytes: number; lengthBytes: number }> {
  const lengthBytes = Math.ceil(configDrive.size / ALIGN_BYTES) * ALIGN_BYTES
  return { offsetBytes: Math.floor((endBytes - lengthBytes) / ALIGN_BYTES) * ALIGN_BYTES, lengthBytes }
}

/** Zeros behind content: superblocks of RAID, ZFS and others of what was there before lie at the end of a device. */
export function endsOf(
  start: number,
  end: number,
): readonly Readonly<{ offsetBytes: number; lengthBytes: number }>[] {
  if (end - start <= 2 * ALIGN_BYTES)
    return end > start ? [{ offsetBytes: start, lengthBytes: end - start }] : []
  return [
    { offsetBytes: start, lengthBytes: ALIGN_BYTES },
    { offsetBytes: end - ALIGN_BYTES, lengthBytes: ALIGN_BYTES },
  ]
}
