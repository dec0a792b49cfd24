import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openFileSource } from '../../adapters/image-source/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { Architecture, BootPair, BootPairs } from '../../conductor/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { openPe } from '../../formats/pe/index.ts'
import { raise } from '../errors.ts'

/** Machine types of PE (Microsoft’s PE format, "Machine Types"): a kernel that EFI can start is a PE. */
const ARCHITECTURES: Readonly<Record<number, Architecture>> = { 0x8664: 'x86_64', 0xaa64: 'aarch64' }

/**
 * Kernel and ramdisk (`vmlinuz`, `initrd`) of each directory, by the processor that the kernel is for. Throws BOOT_FILES_INVALID where
 * a directory lacks one, where the kernel is not for such a processor, or where two directories are for the same.
 */
export async function readBootPairs(directories: readonly string[]): Promise<BootPairs> {
  const pairs: Partial<Record<Architecture, BootPair>> = {}
  for (const directory of directories) {
    const [kernel, ramdisk] = [join(directory, 'vmlinuz'), join(directory, 'initrd')]
    const missing = [kernel, ramdisk].find((path) => !existsSync(path))
    if (missing !== undefined)
      throw raise('BOOT_FILES_INVALID', { directory, why: `"${missing}" is not there` })
    const architecture = await architectureOfFile(kernel)
    if (architecture === undefined) {
      throw raise('BOOT_FILES_INVALID', {
        directory,
        why: `"${kernel}" is no kernel for x86_64 or aarch64 that a machine boots over the network`,
      })
    }
    const other = pairs[architecture]
    if (other !== undefined) {
      const why = `it is for ${architecture}, as is "${dirname(other.kernel)}"`
      throw raise('BOOT_FILES_INVALID', { directory, why })
    }
    pairs[architecture] = { kernel, ramdisk }
  }
  return pairs
}

async function architectureOfFile(path: string): Promise<Architecture | undefined> {
  await using source = await openFileSource(path)
  return await architectureOfKernel(source)
}

/** Undefined where a kernel is for neither, or does not say it. */
export async function architectureOfKernel(source: ByteSource): Promise<Architecture | undefined> {
  // A kernel for BIOS alone (Linux, Documentation/arch/x86/boot.rst).
  const header = source.size < 518 ? undefined : await source.read(514, 4)
  if (header !== undefined && Buffer.from(header).toString('latin1') === 'HdrS') return 'x86_64'
  try {
    return ARCHITECTURES[(await openPe(source)).machine]
  } catch (error) {
    if (isAnnealError(error)) return undefined
    throw error
  }
}
