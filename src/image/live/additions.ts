import { cpioHeader, cpioPadding, cpioTrailer } from '../../formats/cpio/index.ts'
import type { Change } from '../../contract/index.ts'
import type { Initramfs } from '../initramfs/index.ts'
import type { KernelModule } from './modules.ts'
import { HASH_OFFSET, ROOT_HASH } from './verity-boot.ts'
import { ROOT_IMAGE_NAME } from './root-wish.ts'
import type { RootWish } from './root-wish.ts'

/** A file that the ramdisk gets in addition to what the image's initramfs has. */
export type Addition = Readonly<{
  /** Relative to `/`. Its directory is there. */
  name: string
  /** With the kind of the file (stat(2), S_IFMT): 0o100755 for a script. */
  mode: number
  bytes: Uint8Array
  reason: string
}>

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What the image's own initramfs cannot do without. `modules` gives those of its kernel that mount a root image. */
export async function additionsFor(
  { made, dmsquashLive, overlay, hooks }: Initramfs,
  wish: RootWish,
  modules: () => Promise<readonly KernelModule[]>,
): Promise<readonly Addition[]> {
  if (made === 'initramfs-tools') return forInitramfsTools(await modules(), wish)
  if (!dmsquashLive || overlay !== 'mounted' || hooks === undefined) return []
  return [
    {
      name: `${hooks}/pre-mount/01-anneal-prepare-overlayfs.sh`,
      mode: 0o100755,
      bytes: encode('#!/bin/sh\nmkdir -m 0755 -p /run/overlayfs /run/ovlwork\n'),
      reason:
        'dracut 059 mounts the overlay over the root image before it makes the directories for it, and ends in an emergency shell',
    },
  ]
}

/**
 * initramfs-tools sources `/scripts/NAME` where `boot=NAME` is on the command line (initramfs-tools(7)), and calls its
 * functions in place of those that mount a disk.
 */
function forInitramfsTools(modules: readonly KernelModule[], wish: RootWish): readonly Addition[] {
  return [
    {
      name: `scripts/${BOOT_SCRIPT}`,
      mode: 0o100644,
      bytes: encode(scriptFor(wish)),
      reason: 'initramfs-tools has no script of its own that mounts a root image',
    },
    ...(modules.length === 0
      ? []
      : [{ name: 'anneal', mode: 0o40755, bytes: new Uint8Array(0), reason: 'it holds the modules' }]),
    ...modules.map(({ name, bytes }, index) => ({
      name: `anneal/${String(index).padStart(2, '0')}-${name}`,
      mode: 0o100644,
      bytes,
      reason:
        'an initramfs for disks may have no module to mount a root image with: it is that of the image’s own kernel',
    })),
  ]
}

/** What `boot=` names. */
const BOOT_SCRIPT = 'anneal'

/** Of busybox. The device that dm-verity checks is made by dmsetup, as the kernel's own documentation has its table. */
function scriptFor({ format, check }: RootWish): string {
  return `# The root of a live system: the image in the ramdisk, and memory over it.
mount_top() { :; }
mount_premount() { :; }
mount_bottom() { :; }

mountroot() {
	for module in /anneal/*.ko; do
		[ ! -e "$module" ] || insmod "$module" 2>/dev/null || true
	done
	mkdir -p /run/anneal/image /run/anneal/memory
	image=$(losetup -f)
	losetup -r "$image" /${ROOT_IMAGE_NAME} || panic "Cannot attach the root image /${ROOT_IMAGE_NAME}"
${check === 'verity' ? VERITY : ''}	mount -t ${format} -o ro "$image" /run/anneal/image ||
		panic "Cannot mount the root image /${ROOT_IMAGE_NAME}"
	mount -t tmpfs -o mode=0755 tmpfs /run/anneal/memory
	mkdir /run/anneal/memory/upper /run/anneal/memory/work
	mount -t overlay \\
		-o lowerdir=/run/anneal/image,upperdir=/run/anneal/memory/upper,workdir=/run/anneal/memory/work \\
		overlay "\${rootmnt}" || panic "Cannot mount memory over the root image"
}
`
}

const VERITY = `	hash= offset=0
	for word in $(cat /proc/cmdline); do
		case $word in
		${ROOT_HASH}=*) hash=\${word#*=} ;;
		${HASH_OFFSET}=*) offset=\${word#*=} ;;
		esac
	done
	blocks=$((offset / 4096))
	table="0 $((blocks * 8)) verity 1 $image $image 4096 4096 $blocks $((blocks + 1)) sha256 $hash -"
	dmsetup create anneal-root --readonly --noudevsync --noudevrules --table "$table" ||
		panic "Cannot check the root image: dm-verity refuses the root hash '$hash'"
	dmsetup mknodes anneal-root
	image=/dev/mapper/anneal-root
`

/** As an archive, which the kernel unpacks behind the others. */
export function archiveOf(additions: readonly Addition[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { name, mode, bytes } of additions) {
    const padding = new Uint8Array(cpioPadding(bytes.length))
    parts.push(cpioHeader({ name, mode, sizeBytes: bytes.length }), bytes, padding)
  }
  parts.push(cpioTrailer())
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function changesOf(additions: readonly Addition[]): readonly Change[] {
  return additions.map(({ name, reason }) => ({ file: 'ramdisk', what: `/${name} is added`, reason }))
}
