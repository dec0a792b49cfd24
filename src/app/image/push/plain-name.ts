/** `fedora-21.qcow2.xz` → `fedora-21`. */
export function plainName(file: string): string {
  return file.replace(/(\.(qcow2|qcow|vdi|vhdx?|vmdk|ova|raw|img|iso|xz|gz|zst|bz2))+$/i, '') || file
}
