import type { Volume } from '../stack/index.ts'
import { locateBootFile } from './boot-files.ts'
import type { BootEntry } from './entry.ts'
import { finding } from './findings.ts'
import type { ImageFiles } from './image-files.ts'
import { compareUapiVersions } from './versions.ts'

/** A container is meant to keep its kernel there. */
function isDisk({ node }: Volume): boolean {
  return node.role !== 'container'
}

/** Kernels as distributions of images keep them: /usr/lib/modules/<version>/vmlinuz, the initrd beside it. Newest first. */
export async function findModuleKernels(
  files: ImageFiles,
  volume: Volume,
  root: string,
): Promise<readonly BootEntry[]> {
  const directory = `${root === '/' ? '' : root}/usr/lib/modules`
  const versions = (await files.names(volume, directory)).toSorted((a, b) => compareUapiVersions(b, a))
  const entries: BootEntry[] = []
  for (const version of versions) {
    const kernel = await locateBootFile(files, volume, `${directory}/${version}/vmlinuz`)
    if (kernel === undefined) continue
    const initrd = await locateBootFile(files, volume, `${directory}/${version}/initramfs.img`)
    const file = `${volume.address}:${directory}/${version}`
    entries.push({
      id: version,
      title: version,
      version,
      source: 'modules',
      file,
      kernel,
      initrds: initrd === undefined ? [] : [initrd],
      arguments: [],
      init: '',
      findings: isDisk(volume) ? [finding('KERNEL_FROM_MODULES', file, 'no boot entry was found')] : [],
    })
  }
  return entries
}
