import { at, bytes, struct, u32le, u64le } from '../../bytes/index.ts'

/** The structures of VirtualBox's VDICore.h: VDIPREHEADER and VDIHEADER1. All numbers are little-endian. */

/** Behind 64 bytes of text. */
export const VDI_SIGNATURE = 0xbe_da_10_7f
export const VDI_VERSION = 0x0001_0001

export const HEADER = struct('VDI header', 456, {
  signature: at(64, u32le),
  version: at(68, u32le),
  headerBytes: at(72, u32le),
  type: at(76, u32le),
  tableOffset: at(340, u32le),
  dataOffset: at(344, u32le),
  sectorBytes: at(360, u32le),
  diskBytes: at(368, u64le),
  blockBytes: at(376, u32le),
  blockExtraBytes: at(380, u32le),
  blocks: at(384, u32le),
  allocatedBlocks: at(388, u32le),
  parentUuid: at(424, bytes(16)),
})

/** VDIIMAGETYPE */
export const IMAGE_TYPES: Readonly<Record<number, string>> = {
  1: 'dynamic',
  2: 'static',
  3: 'undo',
  4: 'differencing',
}

/** Of the block map. Both read as zeros. */
export const BLOCK_FREE = 0xffff_ffff
export const BLOCK_ZERO = 0xffff_fffe

/** VirtualBox makes blocks of 1 MiB and reads any power of two. */
export const MIN_BLOCK_BYTES = 512
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024
