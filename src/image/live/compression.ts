import { ImageFiles } from '../boot/index.ts'
import type { BootContract, BootInventory } from '../boot/index.ts'
import type { Finding } from '../../core/index.ts'
import type { Volume } from '../stack/index.ts'
import { raise } from './errors.ts'
import { finding } from './findings.ts'

export type SquashCompression = 'zstd' | 'xz' | 'gzip'

/** Smallest for what it takes to read it first: CONFIG_SQUASHFS_… of Linux. */
const OPTIONS: readonly (readonly [SquashCompression, string])[] = [
  ['zstd', 'ZSTD'],
  ['xz', 'XZ'],
  ['gzip', 'ZLIB'],
]

/**
 * What the image's own kernel can read, by its configuration, where the image has it; else by its version: squashfs reads
 * Zstandard since Linux 4.14. Throws LIVE_KERNEL_LACKS where it says that it has no squashfs or overlayfs.
 */
export async function squashCompression(
  image: string,
  contract: BootContract,
  inventory: BootInventory,
  root: Volume,
  systemRoot: string,
  signal: AbortSignal,
): Promise<Readonly<{ compression: SquashCompression; findings: readonly Finding[] }>> {
  const version = versionOf(contract.kernel.path)
  const files = new ImageFiles(signal)
  const { boot } = inventory.layout
  const config =
    version === undefined
      ? undefined
      : ((await files.text(root, `/usr/lib/modules/${version}/config`, { root: systemRoot })) ??
        (boot && (await files.text(boot.volume, `${boot.directory}/config-${version}`))))
  if (config === undefined) {
    const [major = 0, minor = 0] = (version ?? '').split('.').map((part) => Number.parseInt(part, 10))
    const compression = major > 4 || (major === 4 && minor >= 14) ? 'zstd' : 'gzip'
    const subject = contract.kernel.path
    return {
      compression,
      findings: [
        finding(
          'LIVE_COMPRESSION_GUESSED',
          subject,
          `its version is ${version ?? 'not known'}: ${compression}`,
        ),
      ],
    }
  }
  const has = (name: string): boolean => new RegExp(`^CONFIG_${name}=[ym]$`, 'm').test(config.text)
  for (const needed of ['SQUASHFS', 'OVERLAY_FS', 'BLK_DEV_LOOP']) {
    if (!has(needed))
      throw raise('LIVE_KERNEL_LACKS', { image, needed: `CONFIG_${needed}`, config: config.file })
  }
  const found = OPTIONS.find(([, option]) => has(`SQUASHFS_${option}`))
  if (found === undefined)
    throw raise('LIVE_KERNEL_LACKS', { image, needed: 'CONFIG_SQUASHFS_ZLIB', config: config.file })
  return { compression: found[0], findings: [] }
}

/** `vmlinuz-6.1.0-1-amd64`, `/usr/lib/modules/6.1.0-1-amd64/vmlinuz`. */
export function versionOf(path: string): string | undefined {
  const [, inName] = /\/(?:vmlinu[xz]|linux|kernel)-(\d[^/]*)$/.exec(path) ?? []
  const [, inDirectory] = /\/modules\/(\d[^/]*)\/[^/]+$/.exec(path) ?? []
  return inName ?? inDirectory
}
