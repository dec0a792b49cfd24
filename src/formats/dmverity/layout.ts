/** On-disk structures of dm-verity: lib/verity/verity.c of cryptsetup. All numbers are little-endian. */
import { at, bytes, safe64le, struct, text, u16le, u32le } from '../../bytes/index.ts'

/** At the beginning of the hash area; the tree begins with the next hash block. */
export const SUPERBLOCK = struct('verity_sb', 512, {
  signature: at(0, bytes(8)),
  version: at(8, u32le),
  hashType: at(12, u32le),
  uuid: at(16, bytes(16)),
  algorithm: at(32, text(32)),
  dataBlockBytes: at(64, u32le),
  hashBlockBytes: at(68, u32le),
  dataBlocks: at(72, safe64le),
  saltBytes: at(80, u16le),
  salt: at(88, bytes(256)),
})

export const SIGNATURE = 'verity\0\0'

/** Of those that veritysetup takes: what Node's OpenSSL has in every build. */
export const HASHES = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const
export type VerityHash = keyof typeof HASHES

export function isVerityHash(name: string): name is VerityHash {
  return Object.hasOwn(HASHES, name)
}
