import { ImageFiles } from '../boot/index.ts'
import type { BootContract, BootInventory } from '../boot/index.ts'
import type { Finding } from '../../core/index.ts'
import type { Volume } from '../stack/index.ts'
import { raise } from './errors.ts'
import { finding } from './findings.ts'
import type { RootWish } from './root-wish.ts'
import type { RootFormat } from './tree-form.ts'

/** `xz` and `gzip` are squashfs alone, `lz4` and `none` EROFS alone. */
export type RootCompression = 'zstd' | 'xz' | 'gzip' | 'lz4' | 'none'

type Knowledge = Readonly<{
  /** CONFIG_… of Linux, without which it cannot be mounted. */
  option: string
  /** Smallest for what it takes to read it first: CONFIG_… of Linux; undefined for what needs none. */
  options: readonly (readonly [RootCompression, string | undefined])[]
  /** By the version of a kernel whose configuration is not in the image. */
  guess: (major: number, minor: number) => RootCompression
}>

const KNOWLEDGE: Readonly<Record<RootFormat, Knowledge>> = {
  squashfs: {
    option: 'SQUASHFS',
    options: [
      ['zstd', 'SQUASHFS_ZSTD'],
      ['xz', 'SQUASHFS_XZ'],
      ['gzip', 'SQUASHFS_ZLIB'],
    ],
    guess: (major, minor) => (major > 4 || (major === 4 && minor >= 14) ? 'zstd' : 'gzip'),
  },
  erofs: {
    option: 'EROFS_FS',
    options: [
      ['zstd', 'EROFS_FS_ZIP_ZSTD'],
      ['lz4', 'EROFS_FS_ZIP'],
      ['none', undefined],
    ],
    // Distributions build Zstandard in by and by; clusters of 64 KiB are read since 5.13.
    guess: (major, minor) => (major > 5 || (major === 5 && minor >= 13) ? 'lz4' : 'none'),
  },
}

export type ReadByKernel = Readonly<{
  compression: RootCompression
  /** The file system is in the kernel itself, and is no module. */
  isBuiltIn: boolean
  findings: readonly Finding[]
}>

/**
 * What the image's own kernel can read, by its configuration, where the image has it; else by its version. Throws
 * LIVE_KERNEL_LACKS where it says that it has no such file system, or no overlayfs.
 */
export async function readByKernel(
  image: string,
  { format, check }: RootWish,
  contract: BootContract,
  inventory: BootInventory,
  root: Volume,
  systemRoot: string,
  signal: AbortSignal,
): Promise<ReadByKernel> {
  const { option, options, guess } = KNOWLEDGE[format]
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
    const compression = guess(major, minor)
    const evidence = `its version is ${version ?? 'not known'}: ${compression}`
    return {
      compression,
      isBuiltIn: false,
      findings: [finding('LIVE_COMPRESSION_GUESSED', contract.kernel.path, evidence)],
    }
  }
  const has = (name: string, values = '[ym]'): boolean =>
    new RegExp(`^CONFIG_${name}=${values}$`, 'm').test(config.text)
  const lacks = (name: string): Error =>
    raise('LIVE_KERNEL_LACKS', { image, needed: `CONFIG_${name}`, config: config.file })
  const alike = check === 'verity' ? ['DM_VERITY'] : []
  for (const needed of [option, 'OVERLAY_FS', 'BLK_DEV_LOOP', ...alike]) if (!has(needed)) throw lacks(needed)
  const found = options.find(([, one]) => one === undefined || has(one))
  if (found === undefined) throw lacks(options.at(-1)?.[1] ?? option)
  return { compression: found[0], isBuiltIn: has(option, 'y'), findings: [] }
}

/** `vmlinuz-6.1.0-1-amd64`, `/usr/lib/modules/6.1.0-1-amd64/vmlinuz`. */
export function versionOf(path: string): string | undefined {
  const [, inName] = /\/(?:vmlinu[xz]|linux|kernel)-(\d[^/]*)$/.exec(path) ?? []
  const [, inDirectory] = /\/modules\/(\d[^/]*)\/[^/]+$/.exec(path) ?? []
  return inName ?? inDirectory
}
