import { Cursor } from '../../bytes/index.ts'
import type { NodeStat } from '../filesystem/index.ts'
import { hasAttributes } from './inline-data.ts'
import { hasFlag } from './inode.ts'
import type { Inode } from './inode.ts'

export function statOf(inode: Inode): NodeStat {
  const isDevice = inode.kind === 'block device' || inode.kind === 'character device'
  return {
    id: BigInt(inode.number),
    kind: inode.kind,
    sizeBytes: isDevice ? 0 : inode.sizeBytes,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    links: inode.links,
    modifiedNs: inode.modifiedNs,
    ...(isDevice ? { device: deviceOf(inode) } : {}),
    hasXattrs: hasAttributes(inode),
    immutable: hasFlag(inode, 'immutable'),
  }
}

/** The first block number holds the old form of 16 bits, or is 0 and the second one holds the new form (Linux include/linux/kdev_t.h). */
function deviceOf(inode: Inode): Readonly<{ major: number; minor: number }> {
  const numbers = new Cursor(inode.blockArea, 'device number', inode.offsetBytes)
  const old = numbers.u32le(0)
  if (old !== 0) return { major: (old >>> 8) & 0xff, minor: old & 0xff }
  const packed = numbers.u32le(4)
  return { major: (packed >>> 8) & 0xfff, minor: (packed & 0xff) | ((packed >>> 12) & 0xf_ff_00) }
}
