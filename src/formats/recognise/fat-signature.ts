/** A FAT has no magic: what has to hold of its boot sector (Microsoft, FAT32 specification 1.03, “Boot sector and BPB”). */
export function fatOf(
  head: Uint8Array,
): readonly Readonly<{ type: 'vfat'; family: 'file system'; label: string; uuid: string }>[] {
  if (head.length < 512) return []
  const view = new DataView(head.buffer, head.byteOffset, 512)
  const jump = view.getUint8(0)
  const sectorBytes = view.getUint16(11, true)
  const clusterSectors = view.getUint8(13)
  const fats = view.getUint8(16)
  const tableSectors = view.getUint16(22, true) || view.getUint32(36, true)
  const isSound =
    (jump === 0xeb || jump === 0xe9) &&
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    clusterSectors > 0 &&
    (clusterSectors & (clusterSectors - 1)) === 0 &&
    view.getUint16(14, true) > 0 &&
    fats > 0 &&
    fats <= 4 &&
    view.getUint8(21) >= 0xf0 &&
    tableSectors > 0 &&
    (view.getUint16(19, true) || view.getUint32(32, true)) > 0
  if (!isSound) return []
  // FAT32 has its fields behind its longer parameter block.
  const extended = view.getUint16(22, true) === 0 ? 66 : 38
  const isThere = (view.getUint8(extended) & 0xfe) === 0x28
  const serial = isThere
    ? view
        .getUint32(extended + 1, true)
        .toString(16)
        .toUpperCase()
        .padStart(8, '0')
    : ''
  return [
    {
      type: 'vfat',
      family: 'file system',
      // Only the root directory knows it for sure.
      label: '',
      uuid: serial === '' ? '' : `${serial.slice(0, 4)}-${serial.slice(4)}`,
    },
  ]
}
