import type { ByteSource, Forward } from '../../bytes/index.ts'
import { ForwardStream, forwardOf, windowOf } from '../../bytes/index.ts'
import { CPIO_MAGICS, cpioEntries } from '../../formats/cpio/index.ts'

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

export type Unpack = (compression: InitramfsCompression, packed: ByteSource) => AsyncIterable<Uint8Array>

/** What made an initramfs, and what it knows of live images. */
export type Initramfs = Readonly<{
  made: 'dracut' | 'initramfs-tools' | 'something else'
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
}>

/**
 * Looks at the names in the archives of an initramfs: those that are not compressed, which come first (microcode), then
 * what is compressed. Throws CPIO_DAMAGED, and what unpacking throws.
 */
export async function readInitramfs(
  sources: readonly ByteSource[],
  unpack: Unpack,
  signal?: AbortSignal,
): Promise<Initramfs> {
  let found: Initramfs = {
    made: 'something else',
    dmsquashLive: false,
    livenet: false,
    netroot: false,
    overlay: 'none',
    busybox: false,
  }
  const look = async (archive: Forward): Promise<void> => {
    for await (const { name } of cpioEntries(archive)) found = seen(found, name.replace(/^\.?\//, ''))
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
        await look(archive).finally(() => archive.close())
      }
      break
    }
  }
  return found
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
  if (name === 'scripts/local' || name === 'conf/initramfs.conf')
    return { ...before, made: 'initramfs-tools' }
  if (/^(?:usr\/)?bin\/busybox$/.test(name)) return { ...before, busybox: true }
  return before
}
