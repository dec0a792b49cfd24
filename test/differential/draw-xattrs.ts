import type { Random } from './random.ts'

/** Of 20,000 bytes an ext4 without ea_inode takes none; XFS takes values of up to 64 KiB. */
const SIZES = [0, 1, 3, 16, 40, 90, 200, 253, 254, 255, 256, 257, 900, 2500, 3900, 4300, 20_000, 65_000]
/** include/uapi/linux/capability.h, vfs_cap_data of version 2: cap_net_raw, effective. */
const CAPABILITY = '0100000200200000000000000000000000000000'

/**
 * Commands that make files, directories, links and devices with extended attributes of every name space below an empty
 * directory `at`. What the file system has no room for is left out.
 */
export function drawXattrs(random: Random, at: string): string[] {
  const script = [`mkdir -p '${at}'`]
  for (let number = random.between(1, random.sized(12, 3)); number > 0; number -= 1) {
    const node = `'${at}/node-${number}'`
    const kind = random.pick(['file', 'file', 'file', 'directory', 'link', 'device'] as const)
    if (kind === 'file') script.push(`echo ${number} >${node}`)
    if (kind === 'directory') script.push(`mkdir ${node}`)
    if (kind === 'link') script.push(`ln -s target ${node}`)
    if (kind === 'device') script.push(`mknod ${node} c 1 ${number}`)
    const ownNames = kind === 'file' || kind === 'directory'
    const set = (name: string, hex: string): void => {
      script.push(`setfattr -h -n '${name}' -v 0x${hex} ${node} 2>/dev/null || true`)
    }
    for (let count = random.pick(random.sized([1, 2, 5, 12, 60], [1, 1, 2, 5])); count > 0; count -= 1) {
      const space = random.pick(ownNames ? ['user', 'user', 'trusted', 'security'] : ['trusted', 'security'])
      const name = random.pick(['n', 'a.longer-name', 'ü', `x${'y'.repeat(random.below(200))}`])
      const most = count > 12 ? 9 : SIZES.length
      set(`${space}.${name}${count}`, hexOf(random, random.pick(SIZES.slice(0, most))))
    }
    if (random.chance(40))
      set('security.selinux', Buffer.from('system_u:object_r:etc_t:s0\0').toString('hex'))
    if (kind === 'file' && random.chance(40)) set('security.capability', CAPABILITY)
    if (ownNames && random.chance(50)) set('system.posix_acl_access', aclOf(random))
    if (kind === 'directory' && random.chance(50)) set('system.posix_acl_default', aclOf(random))
    if (random.chance(30)) script.push(`setfattr -h -x trusted.n1 ${node} 2>/dev/null || true`)
    // As a copy does it: ext4 lets inodes with the same attributes share a block of them.
    if (kind === 'file' && random.chance(30)) script.push(`cp -a ${node} ${node.slice(0, -1)}-copy'`)
  }
  return script
}

function hexOf(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex')
}

/** struct posix_acl_xattr_header: the owner, a named user, the group, perhaps a named one, the mask, others. */
function aclOf(random: Random): string {
  const entries: [tag: number, permissions: number, id?: number][] = [
    [0x01, 7],
    [0x02, random.below(8), random.below(100_000)],
    [0x04, random.below(8)],
    ...(random.chance(50) ? [[0x08, 5, random.below(2 ** 31)] as [number, number, number]] : []),
    [0x10, 7],
    [0x20, random.below(8)],
  ]
  const value = Buffer.alloc(4 + entries.length * 8)
  value.writeUInt32LE(2, 0)
  for (const [index, [tag, permissions, id = 0xffff_ffff]] of entries.entries()) {
    value.writeUInt16LE(tag, 4 + index * 8)
    value.writeUInt16LE(permissions, 6 + index * 8)
    value.writeUInt32LE(id, 8 + index * 8)
  }
  return value.toString('hex')
}
