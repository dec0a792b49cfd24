import type { ByteSource, Forward } from '../../bytes/index.ts'
import { ForwardStream, forwardOf, windowOf } from '../../bytes/index.ts'
import { CPIO_MAGICS, cpioEntries } from '../../formats/cpio/index.ts'
import type { CpioEntry } from '../../formats/cpio/index.ts'
import { MOST_TEXTS_BYTES, MOST_TEXT_BYTES, awaitedDevice, isText } from './texts.ts'

/** What archives of an initramfs are compressed with (lib/decompress.c of Linux). */
export type InitramfsCompression = 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'lz4' | 'lzop'

const MAGICS: readonly (readonly [InitramfsCompression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  // The legacy frame, which is all that the kernel takes.
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
  ['lzop', [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a]],
]

/** Between archives there may be zeros: nobody has more than this. */
const MOST_PADDING_BYTES = 1 << 20
/** Of an archive, unpacked: it has to fit into memory beside the system that boots. */
const MOST_UNPACKED_BYTES = 2 ** 32

export type Unpack = (compression: InitramfsCompression, packed: ByteSource) => AsyncIterable<Uint8Array>

/** A file that names devices. */
export type InitramfsText = Readonly<{ name: string; text: string }>

/** What made an initramfs, what it knows of live images, and which devices it names. */
export type Initramfs = Readonly<{
  made: 'dracut' | 'initramfs-tools' | 'mkinitcpio' | 'booster' | 'something else'
  /** systemd runs in it, and mounts the root. */
  systemd: boolean
  /** Of files of one name the last: it replaces the others. */
  texts: readonly InitramfsText[]
  /** Devices that it waits for, whatever the command line says; `name` is the file that makes it wait. */
  awaits: readonly Readonly<{ name: string; device: string }>[]
  /** dracut: `dmsquash-live` boots a root image; `livenet` fetches it over the network. */
  dmsquashLive: boolean
  livenet: boolean
  /** dracut: what brings up the network and starts livenet then. dracut 059 has none where systemd-networkd does. */
  netroot: boolean
  /** dracut: where its hooks lie: `usr/lib/dracut/hooks`. */
  hooks?: string
  /**
   * dracut 059 mounts an overlay whose directories are made too late: the hook that makes them before is missing
   * (01-prepare-overlayfs.sh, since 060).
   */
  overlay: 'none' | 'mounted' | 'prepared'
  /** initramfs-tools: what attaches an image to a loop device. */
  busybox: boolean
  /** The kernel's module for EROFS. */
  erofs: boolean
  /** What sets up devices of the device mapper. */
  dmsetup: boolean
}>

/**
 * Looks at the names in the archives of an initramfs, and into files that name devices: those that are not compressed, which come first (microcode), then
 * what is compressed, and what lies behind them in that. Throws CPIO_DAMAGED, and what unpacking throws.
 */
export async function readInitramfs(
  sources: readonly ByteSource[],
  unpack: Unpack,
  signal?: AbortSignal,
): Promise<Initramfs> {
  let found: Initramfs = {
    made: 'something else',
    systemd: false,
    texts: [],
    awaits: [],
    dmsquashLive: false,
    livenet: false,
    netroot: false,
    overlay: 'none',
    busybox: false,
    erofs: false,
    dmsetup: false,
  }
  const texts = new Map<string, string>()
  const awaits = new Map<string, string>()
  let textBytes = 0
  const wants = ({ name, mode, sizeBytes }: CpioEntry): boolean => {
    if (sizeBytes > MOST_TEXT_BYTES || textBytes + sizeBytes > MOST_TEXTS_BYTES) return false
    if ((mode & FILE_KIND) !== REGULAR_FILE || !isText(withoutSlash(name))) return false
    textBytes += sizeBytes
    return true
  }
  const look = async (archive: Forward): Promise<void> => {
    for await (const entry of cpioEntries(archive, { wants, mostBytes: MOST_UNPACKED_BYTES })) {
      const name = withoutSlash(entry.name)
      found = seen(found, name)
      if (entry.content !== undefined) texts.set(name, new TextDecoder().decode(entry.content))
      const device = awaitedDevice(name)
      if (device !== undefined && awaits.size < MOST_AWAITED) awaits.set(name, device)
    }
  }
  for (const source of sources) {
    let at = 0
    for (;;) {
      at = await skipZeros(source, at, signal)
      const head = await source.read(at, Math.min(16, source.size - at), signal)
      if (CPIO_MAGICS.includes(new TextDecoder('latin1').decode(head.subarray(0, 6)))) {
        const archive = forwardOf(windowOf(source, at, source.size - at, source.name), signal)
        await look(archive)
        at += archive.position
        continue
      }
      const [compression] =
        MAGICS.find(([, magic]) => magic.every((byte, index) => head[index] === byte)) ?? []
      if (compression !== undefined) {
        const packed = windowOf(source, at, source.size - at, source.name)
        const archive = new ForwardStream(unpack(compression, packed), source.name)
        await lookOn(archive, look).finally(() => archive.close())
      }
      break
    }
  }
  return {
    ...found,
    texts: Array.from(texts, ([name, text]) => ({ name, text })),
    awaits: Array.from(awaits, ([name, device]) => ({ name, device })),
  }
}

/** More than anybody waits for. */
const MOST_AWAITED = 256
const FILE_KIND = 0o170000
const REGULAR_FILE = 0o100000

function withoutSlash(name: string): string {
  return name.replace(/^\.?\//, '')
}

/** One archive, and those that are behind it in the same stream, with zeros between them. */
async function lookOn(stream: Forward, look: (archive: Forward) => Promise<void>): Promise<void> {
  await look(stream)
  for (let padding = 0; padding < MOST_PADDING_BYTES; padding += 4) {
    const word = await stream.take(4)
    if (word === undefined) return
    if (word.every((byte) => byte === 0)) continue
    const first = new Uint8Array(word)
    if (new TextDecoder('latin1').decode(first) !== '0707') return
    await look(behind(first, stream))
    padding = 0
  }
}

/** The stream with these bytes, which were taken of it, in front again. */
function behind(first: Uint8Array, stream: Forward): Forward {
  let isTaken = false
  return {
    name: stream.name,
    get position() {
      return stream.position - (isTaken ? 0 : first.length)
    },
    async take(length) {
      if (isTaken) return stream.take(length)
      isTaken = true
      const rest = await stream.take(length - first.length)
      return rest && Uint8Array.from([...first, ...rest])
    },
    skip(length) {
      return stream.skip(length)
    },
  }
}

async function skipZeros(source: ByteSource, from: number, signal?: AbortSignal): Promise<number> {
  const stepBytes = 4096
  for (let at = from; at < Math.min(source.size, from + MOST_PADDING_BYTES); at += stepBytes) {
    const bytes = await source.read(at, Math.min(stepBytes, source.size - at), signal)
    const first = bytes.findIndex((byte) => byte !== 0)
    if (first !== -1) return at + first
  }
  return source.size
}

const HOOK = /^((?:.*\/)?lib\/dracut\/hooks)\/([a-z-]+)\/\d+-([^/]+)\.sh$/

/** Of network-legacy, network-manager, and systemd-networkd as later versions of dracut have it. */
const NETROOT = /(?:^|\/)(?:s?bin\/ifup|nm-run\.sh|nm-initrd-generator|networkd-run\.sh)$/

function seen(before: Initramfs, name: string): Initramfs {
  const [, hooks, when, hook] = HOOK.exec(name) ?? []
  if (hooks !== undefined) {
    const dracut = { ...before, made: 'dracut', hooks } as const
    switch (`${when}/${hook}`) {
      case 'cmdline/parse-dmsquash-live':
        return { ...dracut, dmsquashLive: true }
      case 'cmdline/parse-livenet':
        return { ...dracut, livenet: true }
      case 'mount/mount-overlayfs':
        return { ...dracut, overlay: before.overlay === 'prepared' ? 'prepared' : 'mounted' }
      case 'pre-mount/prepare-overlayfs':
        return { ...dracut, overlay: 'prepared' }
      default:
        return dracut
    }
  }
  if (NETROOT.test(name)) return { ...before, netroot: true }
  if (/(?:^|\/)lib\/dracut-lib\.sh$/.test(name)) return { ...before, made: 'dracut' }
  if (/^(?:usr\/)?lib\/systemd\/systemd$/.test(name)) return { ...before, systemd: true }
  if (name === 'buildconfig' || name === 'init_functions') return { ...before, made: 'mkinitcpio' }
  if (name === 'etc/booster.init.yaml') return { ...before, made: 'booster' }
  if (name === 'scripts/local' || name === 'conf/initramfs.conf')
    return { ...before, made: 'initramfs-tools' }
  if (/^(?:usr\/)?bin\/busybox$/.test(name)) return { ...before, busybox: true }
  if (/^(?:usr\/)?s?bin\/dmsetup$/.test(name)) return { ...before, dmsetup: true }
  if (/\/erofs\.ko(?:\.\w+)?$/.test(name)) return { ...before, erofs: true }
  return before
}
