import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { FILES_OF_OTHERS } from './files-of-others.ts'

/**
 * What people give for a disk image, and is none: found by its first bytes where nothing of a disk is (no partition
 * table, no file system). Offsets are those of file(1).
 */
type Kind = Readonly<{ kind: string; offsetBytes: number; magic: string; remedy?: string }>

const AN_IMAGE =
  'give the disk image: raw, qcow2, VMDK, VDI, VHD, VHDX or ISO, also compressed, or in a tar or zip archive'
const unpack = (command: string): string => `where a disk image is in it, unpack it: \`${command}\``

const KINDS: readonly Kind[] = [
  // The boot protocol of x86; a kernel for UEFI begins as a PE does, too.
  { kind: 'a Linux kernel (x86)', offsetBytes: 514, magic: 'HdrS' },
  { kind: 'a Linux kernel (arm64)', offsetBytes: 56, magic: 'ARM\x64' },
  { kind: 'a Linux kernel (RISC-V)', offsetBytes: 56, magic: 'RSC\x05' },
  { kind: 'a Linux kernel (arm)', offsetBytes: 36, magic: '\x18\x28\x6f\x01' },
  { kind: 'a U-Boot image', offsetBytes: 0, magic: '\x27\x05\x19\x56' },
  { kind: 'a devicetree or FIT image', offsetBytes: 0, magic: '\xd0\x0d\xfe\xed' },
  { kind: 'an EFI or Windows program (PE)', offsetBytes: 0, magic: 'MZ' },
  { kind: 'a program or kernel (ELF)', offsetBytes: 0, magic: '\x7fELF' },
  { kind: 'a cpio archive, as initial ramdisks are', offsetBytes: 0, magic: '070701' },
  { kind: 'a cpio archive, as initial ramdisks are', offsetBytes: 0, magic: '070702' },
  { kind: 'a cpio archive', offsetBytes: 0, magic: '070707' },
  { kind: 'a cpio archive', offsetBytes: 0, magic: '\xc7\x71' },
  { kind: 'a cpio archive', offsetBytes: 0, magic: '\x71\xc7' },
  { kind: 'a xar archive', offsetBytes: 0, magic: 'xar!', remedy: unpack('bsdtar -xf FILE') },
  { kind: 'an lrzip file', offsetBytes: 0, magic: 'LRZI', remedy: unpack('lrzip -d -o image.raw FILE') },
  { kind: 'a 7-Zip archive', offsetBytes: 0, magic: '7z\xbc\xaf\x27\x1c', remedy: unpack('7z x FILE') },
  { kind: 'a RAR archive', offsetBytes: 0, magic: 'Rar!\x1a\x07', remedy: unpack('unar FILE') },
  {
    kind: 'an LZMA file',
    offsetBytes: 0,
    magic: '\x5d\0\0',
    remedy: unpack('xz --format=lzma -dc FILE > image.raw'),
  },
  { kind: 'an lzip file', offsetBytes: 0, magic: 'LZIP', remedy: unpack('lzip -dc FILE > image.raw') },
  {
    kind: 'a file of compress',
    offsetBytes: 0,
    magic: '\x1f\x9d',
    remedy: unpack('gzip -dc FILE > image.raw'),
  },
  {
    kind: 'an LZ4 file of the old format',
    offsetBytes: 0,
    magic: '\x02\x21\x4c\x18',
    remedy: unpack('lz4 -dc FILE > image.raw'),
  },
  { kind: 'a Debian package or ar archive', offsetBytes: 0, magic: '!<arch>\n', remedy: unpack('ar x FILE') },
  {
    kind: 'an RPM package',
    offsetBytes: 0,
    magic: '\xed\xab\xee\xdb',
    remedy: unpack('rpm2cpio FILE | cpio -id'),
  },
  { kind: 'a cabinet archive', offsetBytes: 0, magic: 'MSCF', remedy: unpack('cabextract FILE') },
  { kind: 'a Windows image (WIM)', offsetBytes: 0, magic: 'MSWIM\0\0\0' },
  {
    kind: 'an Android sparse image',
    offsetBytes: 0,
    magic: '\x3a\xff\x26\xed',
    remedy: unpack('simg2img FILE image.raw'),
  },
  { kind: 'an Android boot image', offsetBytes: 0, magic: 'ANDROID!' },
  { kind: 'an Android boot image (vendor)', offsetBytes: 0, magic: 'VNDRBOOT' },
  {
    kind: 'a backup of Proxmox (VMA)',
    offsetBytes: 0,
    magic: 'VMA\0',
    remedy: unpack('vma extract FILE NEW-DIRECTORY'),
  },
  {
    kind: 'a copy-on-write file of user-mode Linux',
    offsetBytes: 0,
    magic: 'OOOM',
    remedy: unpack('uml_moo FILE image.raw'),
  },
  { kind: 'a saved guest of libvirt', offsetBytes: 0, magic: 'LibvirtQemudSave' },
  { kind: 'a saved state of QEMU', offsetBytes: 0, magic: 'QEVM' },
  {
    kind: 'a stream of btrfs send',
    offsetBytes: 0,
    magic: 'btrfs-stream\0',
    remedy: 'receive it into a file system of an image (`btrfs receive`), and give that image',
  },
  { kind: 'an Apple sparse image (ASIF)', offsetBytes: 0, magic: 'shdw' },
  { kind: 'the contents of flash memory (UBI)', offsetBytes: 0, magic: 'UBI#' },
  { kind: 'a file system for flash memory (UBIFS)', offsetBytes: 0, magic: '\x31\x18\x10\x06' },
  { kind: 'a file system for flash memory (JFFS2)', offsetBytes: 0, magic: '\x85\x19\x03\x20' },
  { kind: 'a file system for flash memory (JFFS2)', offsetBytes: 0, magic: '\x85\x19\x01\xe0' },
  { kind: 'a file system for ROMs (romfs)', offsetBytes: 0, magic: '-rom1fs-' },
  { kind: 'a file system for ROMs (cramfs)', offsetBytes: 0, magic: '\x45\x3d\xcd\x28' },
  { kind: 'an EWF image', offsetBytes: 0, magic: 'EVF\x09\x0d\x0a\xff\0', remedy: unpack('ewfexport FILE') },
  { kind: 'an AFF image', offsetBytes: 0, magic: 'AFF10\r\n\0', remedy: unpack('affconvert -r FILE') },
  {
    kind: 'a Bochs image',
    offsetBytes: 0,
    magic: 'Bochs Virtual HD Image',
    remedy: unpack('qemu-img convert -f bochs -O qcow2 FILE NEW.qcow2'),
  },
  {
    kind: 'a cloop image',
    offsetBytes: 0,
    magic: '#!/bin/sh\n#V2.0 Format\n',
    remedy: unpack('qemu-img convert -f cloop -O qcow2 FILE NEW.qcow2'),
  },
  {
    kind: 'a partclone image',
    offsetBytes: 0,
    magic: 'partclone-image',
    remedy: unpack('partclone.restore -C -s FILE -O image.raw'),
  },
  { kind: 'a PDF', offsetBytes: 0, magic: '%PDF-' },
  { kind: 'a picture (PNG)', offsetBytes: 0, magic: '\x89PNG\r\n\x1a\n' },
  { kind: 'a picture (JPEG)', offsetBytes: 0, magic: '\xff\xd8\xff' },
  { kind: 'an SQLite database', offsetBytes: 0, magic: 'SQLite format 3\0' },
]

const ALL: readonly Kind[] = [
  ...KINDS,
  ...FILES_OF_OTHERS.map(([kind, offsetBytes, magic, command]) => ({
    kind,
    offsetBytes,
    magic,
    ...(command !== undefined && { remedy: unpack(command) }),
  })),
]

const HEAD_BYTES = 4096
/** No disk is smaller: a file that is was cut short, before what would tell its kind. */
const SMALLEST_SECTOR_BYTES = 512
const FETCH_AGAIN = 'fetch the image again: it was cut short'
/** What an Apple disk image ends with (UDIF). */
const DMG_TRAILER_BYTES = 512
const DMG_TRAILER = 'koly\0\0\0\x04\0\0\x02\0'

/** Bell, backspace, tab, line feed, vertical tab, form feed, carriage return, escape; everything from the space on but DEL; UTF-8 has bytes from 0x80 on. */
const CONTROL = new Set([7, 8, 9, 10, 11, 12, 13, 27])

/**
 * Throws DISK_IMAGE_IS_NONE where the first bytes are those of something else than a disk. To be asked where no signature
 * of a disk was found; what is not known either may be a disk that holds nothing.
 */
export async function refuseOtherKinds(source: ByteSource, signal?: AbortSignal): Promise<void> {
  const found = await otherKindOf(source, signal)
  if (found !== undefined) throw raise('DISK_IMAGE_IS_NONE', { source: source.name, ...found })
}

async function otherKindOf(
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Readonly<{ kind: string; remedy: string }> | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size), signal)
  if (head.length === 0) return { kind: 'an empty file', remedy: AN_IMAGE }
  const found = ALL.find(({ offsetBytes, magic }) => hasBytes(head, offsetBytes, magic))
  if (found !== undefined) {
    const remedy = (found.remedy ?? AN_IMAGE).replace('FILE', source.name)
    return { kind: found.kind, remedy }
  }
  const computed = computedKindOf(head)
  if (computed !== undefined) return computed
  const end = Math.max(0, source.size - DMG_TRAILER_BYTES)
  const last = await source.read(end, source.size - end, signal)
  if (hasBytes(last, 0, DMG_TRAILER)) {
    const command = `qemu-img convert -f dmg -O qcow2 ${source.name} NEW.qcow2`
    return { kind: 'an Apple disk image (DMG)', remedy: unpack(command) }
  }
  if (!isText(head)) {
    if (isLatin1Text(head)) return { kind: 'a text file', remedy: AN_IMAGE }
    if (source.size >= SMALLEST_SECTOR_BYTES) return undefined
    return { kind: `a file of ${source.size} bytes, which is less than one sector`, remedy: FETCH_AGAIN }
  }
  const start = new TextDecoder().decode(head.subarray(0, 200)).trimStart().toLowerCase()
  const isPage = start.startsWith('<!doctype html') || start.startsWith('<html')
  return isPage
    ? { kind: 'a web page', remedy: 'fetch the image again: a server has sent a page in its place' }
    : { kind: 'a text file', remedy: AN_IMAGE }
}

/** Kinds that more than a few equal bytes tell. */
function computedKindOf(head: Uint8Array): Readonly<{ kind: string; remedy: string }> | undefined {
  if (head.length < 16) return undefined
  const [first = 0, second = 0] = head
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  // PEP 552: a number that ends with CR LF, and flags of which two are in use. Versions 3.0 to 3.14 count from 3000 to 3700.
  const number = view.getUint16(0, true)
  if (hasBytes(head, 2, '\r\n') && number >= 3000 && number < 3800 && view.getUint32(4, true) < 4)
    return { kind: 'a program of Python (bytecode)', remedy: AN_IMAGE }
  // RFC 1950: the method is 8, and both bytes together are a multiple of 31.
  if ((first & 0x8f) === 0x08 && first === 0x78 && (first * 256 + second) % 31 === 0 && (second & 0x20) === 0)
    return { kind: 'a zlib stream', remedy: unpack('pigz -dc < FILE > image.raw') }
  // ARJ: a header of at most 2600 bytes, whose first size is 30 or 34.
  const headerBytes = view.getUint16(2, true)
  if (hasBytes(head, 0, '\x60\xea') && headerBytes > 0 && headerBytes <= 2600)
    return { kind: 'an ARJ archive', remedy: unpack('arj x FILE') }
  // Protocol 2 to 5 of Python's pickle begins with a frame or a mark.
  if (first === 0x80 && second >= 4 && second <= 5 && head[2] === 0x95)
    return { kind: 'a pickle of Python', remedy: AN_IMAGE }
  return undefined
}

/**
 * ISO 8859: lines without control characters of either half, with some letters beyond ASCII. A disk that was overwritten with a
 * pattern (0xa5, 0xff) has no lines.
 */
function isLatin1Text(head: Uint8Array): boolean {
  const beyond = head.filter((byte) => byte >= 0x80).length
  const isAllText = head.every((byte) => isOfText(byte) && (byte < 0x80 || byte >= 0xa0))
  return isAllText && beyond * 4 <= head.length && head.includes(0x0a)
}

function isText(head: Uint8Array): boolean {
  const wide = hasBytes(head, 0, '\xff\xfe')
    ? 'utf-16le'
    : hasBytes(head, 0, '\xfe\xff')
      ? 'utf-16be'
      : undefined
  if (wide !== undefined) {
    const text = new TextDecoder(wide).decode(head)
    return Array.from(text, (char) => char.codePointAt(0) ?? 0).every(isOfText)
  }
  if (!head.every(isOfText)) return false
  try {
    // The last character may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}

function isOfText(code: number): boolean {
  return code !== 0x7f && (code >= 0x20 || CONTROL.has(code))
}

function hasBytes(head: Uint8Array, offset: number, magic: string): boolean {
  if (offset + magic.length > head.length) return false
  for (let index = 0; index < magic.length; index += 1) {
    if (head[offset + index] !== magic.charCodeAt(index)) return false
  }
  return true
}
