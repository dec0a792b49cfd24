import { raise } from './errors.ts'
import type { NodeId, Xattr } from './filesystem.ts'

/** XATTR_SIZE_MAX of Linux (include/uapi/linux/limits.h): getxattr(2) gives no longer value. */
const LARGEST_VALUE_BYTES = 65_536
/** Of one inode. Linux lists names up to 64 KiB; nobody has attributes anywhere near that. */
const LARGEST_TOTAL_BYTES = 8 << 20

/** The id of an entry that names no user or group (ACL_UNDEFINED_ID). */
export const ACL_UNDEFINED_ID = 0xffff_ffff
const ACL_VERSION = 2
/** What one costs in memory, whatever it holds. */
const OVERHEAD_BYTES = 64

export type AclEntry = Readonly<{ tag: number; permissions: number; id: number }>

/**
 * Gathers the extended attributes of one inode, in the form of the system calls.
 *
 * INVARIANTS: no value is longer than getxattr(2) gives, and all of them together are bounded, whatever the disk says.
 */
export class XattrList {
  readonly all: Xattr[] = []
  readonly #inode: NodeId
  #totalBytes = 0

  constructor(inode: NodeId) {
    this.#inode = inode
  }

  /** Call it before a value is read: throws XATTRS_TOO_LARGE. */
  reserve(nameBytes: number, valueBytes: number): void {
    const inode = this.#inode.toString()
    if (valueBytes > LARGEST_VALUE_BYTES) {
      const limitBytes = LARGEST_VALUE_BYTES
      throw raise('XATTRS_TOO_LARGE', { inode, what: 'one of them', foundBytes: valueBytes, limitBytes })
    }
    this.#totalBytes += OVERHEAD_BYTES + nameBytes + valueBytes
    if (this.#totalBytes > LARGEST_TOTAL_BYTES) {
      const limitBytes = LARGEST_TOTAL_BYTES
      throw raise('XATTRS_TOO_LARGE', {
        inode,
        what: 'all of them',
        foundBytes: this.#totalBytes,
        limitBytes,
      })
    }
  }

  /** `prefix` is the name space with its dot; name and value are copied. The room for them has been reserved. */
  add(prefix: string, name: Uint8Array, value: Uint8Array): void {
    const nameBytes = new Uint8Array(prefix.length + name.length)
    new TextEncoder().encodeInto(prefix, nameBytes)
    nameBytes.set(name, prefix.length)
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(nameBytes)
    this.all.push({ name: text, nameBytes, value: new Uint8Array(value) })
  }

  /** `struct posix_acl_xattr_header` and `struct posix_acl_xattr_entry` (include/uapi/linux/posix_acl_xattr.h). */
  addAcl(which: 'access' | 'default', entries: readonly AclEntry[]): void {
    const value = new DataView(new ArrayBuffer(4 + entries.length * 8))
    value.setUint32(0, ACL_VERSION, true)
    for (const [index, { tag, permissions, id }] of entries.entries()) {
      const at = 4 + index * 8
      value.setUint16(at, tag, true)
      value.setUint16(at + 2, permissions, true)
      value.setUint32(at + 4, id, true)
    }
    this.reserve(0, value.byteLength)
    this.add(`system.posix_acl_${which}`, new Uint8Array(0), new Uint8Array(value.buffer))
  }
}
