import { unescapeHex } from '../../core/index.ts'

/**
 * Files of an initramfs that name devices: dracut's own part of the command line (dracut.cmdline(7)), what initramfs-tools
 * sources before it reads the command line (initramfs.conf(5)), tables of mounts and of encrypted devices, arrays, units.
 */
const TEXTS =
  /^(?:(?:usr\/lib|etc)\/cmdline(?:\.d\/[^/]+\.conf)?|etc\/(?:fstab(?:\.sys)?|crypttab|kernel\/cmdline|cmdline\.d\/[^/]+\.conf|mdadm\.conf|mdadm\/mdadm\.conf|booster\.init\.yaml|initramfs-tools\/.+)|cryptroot\/crypttab|conf\/(?:conf\.d\/[^/]+|initramfs\.conf|param\.conf)|loader\/entries\/[^/]+\.conf|(?:etc|usr\/lib)\/systemd\/system\/(?!systemd-|sysroot-)[^/]+\.(?:mount|swap))$/

/** Configurations have some lines. */
export const MOST_TEXT_BYTES = 1 << 16
/** Of all together: what is beyond is left out. */
export const MOST_TEXTS_BYTES = 1 << 20

export function isText(name: string): boolean {
  return TEXTS.test(name)
}

/**
 * The device that a file makes an initramfs wait for by its name alone: a hook of dracut's queue
 * (`finished/devexists-\x2fdev\x2fsda1.sh`), a unit that initrd.target wants (`dev-disk-by\x2duuid-….device`).
 */
export function awaitedDevice(name: string): string | undefined {
  const [, hook] = /\/hooks\/initqueue\/finished\/(?:[\w]*-)?(\\x2fdev\\x2f.+)\.sh$/.exec(name) ?? []
  if (hook !== undefined) return unescapeHex(hook)
  const [, unit] = /\.target\.(?:wants|requires)\/(dev-.+)\.device$/.exec(name) ?? []
  return unit === undefined ? undefined : `/${unescapeHex(unit.replaceAll('-', '/'))}`
}
