import { cpioHeader, cpioPadding, cpioTrailer } from '../../formats/cpio/index.ts'
import type { Change } from '../../contract/index.ts'
import type { Initramfs } from './initramfs.ts'

/** A file that the ramdisk gets in addition to what the image's initramfs has. */
export type Addition = Readonly<{
  /** Relative to `/`. Its directory is there. */
  name: string
  /** 0o755 for a script. */
  mode: number
  bytes: Uint8Array
  reason: string
}>

/** What the image's own initramfs cannot do without. */
export function additionsFor({ dmsquashLive, overlay, hooks }: Initramfs): readonly Addition[] {
  if (!dmsquashLive || overlay !== 'mounted' || hooks === undefined) return []
  return [
    {
      name: `${hooks}/pre-mount/01-anneal-prepare-overlayfs.sh`,
      mode: 0o755,
      bytes: new TextEncoder().encode('#!/bin/sh\nmkdir -m 0755 -p /run/overlayfs /run/ovlwork\n'),
      reason:
        'dracut 059 mounts the overlay over the root image before it makes the directories for it, and ends in an emergency shell',
    },
  ]
}

/** As an archive, which the kernel unpacks behind the others. */
export function archiveOf(additions: readonly Addition[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { name, mode, bytes } of additions) {
    const padding = new Uint8Array(cpioPadding(bytes.length))
    parts.push(cpioHeader({ name, mode: 0o100000 | mode, sizeBytes: bytes.length }), bytes, padding)
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
