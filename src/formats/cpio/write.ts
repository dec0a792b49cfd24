/** What a member of a new archive is: the kernel takes the rest from its content. */
export type NewCpioMember = Readonly<{
  /** Relative to `/`. */
  name: string
  /** With the kind of the file (stat(2), S_IFMT): 0o100644. */
  mode: number
  sizeBytes: number
}>

/** Fields of a size have eight hexadecimal digits. */
export const LARGEST_CPIO_MEMBER_BYTES = 0xffff_ffff

/** Header and name, padded: content follows, and what `cpioPadding` says behind it. The archive begins at a multiple of four. */
export function cpioHeader({ name, mode, sizeBytes }: NewCpioMember): Uint8Array {
  const nameBytes = new TextEncoder().encode(name)
  // c_ino, c_mode, c_uid, c_gid, c_nlink, c_mtime, c_filesize, c_maj, c_min, c_rmaj, c_rmin, c_namesize, c_chksum
  const fields = [0, mode, 0, 0, 1, 0, sizeBytes, 0, 0, 0, 0, nameBytes.length + 1, 0]
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  const header = new Uint8Array(Math.ceil((text.length + nameBytes.length + 1) / 4) * 4)
  new TextEncoder().encodeInto(text, header)
  header.set(nameBytes, text.length)
  return header
}

export function cpioPadding(sizeBytes: number): number {
  return -sizeBytes & 3
}

export function cpioTrailer(): Uint8Array {
  return cpioHeader({ name: 'TRAILER!!!', mode: 0, sizeBytes: 0 })
}
