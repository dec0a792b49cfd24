import type { Finding } from '../../../core/index.ts'
import { volumesOf } from '../../stack/index.ts'
import type { StackNode, Volume } from '../../stack/index.ts'
import type { BootEntry } from '../entry.ts'
import type { BootInventory } from '../find-boot.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { iniValue } from '../ini.ts'
import type { Layout } from '../layout.ts'
import { findModuleKernels } from '../modules.ts'
import { readOsRelease } from '../ostree.ts'
import { findUkis } from '../uki.ts'
import { readInstallConfig } from './install-config.ts'
import type { InstallConfig } from './install-config.ts'
import type { ContainerBoot } from './container-boot.ts'
import { readKargsD } from './kargs-d.ts'

const UKIS = ['/boot/EFI/Linux']
const PREPARE_ROOT = ['/etc/ostree/prepare-root.conf', '/usr/lib/ostree/prepare-root.conf']
const NO_LOADER = 'a container image has none: its installation adds one'

/**
 * How a container boots: a unified kernel image in /boot, else the kernel and the initrd in /usr/lib/modules, with what
 * `bootc install` would put on the command line. Never `root=`: a container names no disk.
 */
export async function findContainerBoot(files: ImageFiles, image: StackNode): Promise<BootInventory> {
  const [root] = volumesOf(image)
  if (root === undefined) throw new TypeError('a container image has a tree')
  const osRelease = await readOsRelease(files, root, '/')
  const labels = image.container?.labels ?? {}
  const architecture = image.container?.architecture ?? ''
  const install = await readInstallConfig(files, root, architecture)
  const isBootc = labels['containers.bootc'] === '1'
  // The first by its name counts, as for bootc. Its command line is inside.
  const ukis = (await findUkis(files, root, UKIS)).map(({ entry }) => entry)
  const entries = ukis.length > 0 ? ukis : await kernels(files, root, architecture, install)
  const layout: Layout = {
    root,
    rootReason: 'a container image is one tree',
    system: 'container',
    deployments: [],
    trees: new Map(),
    findings: [],
    ...(osRelease && { osRelease }),
  }
  const composefs = await composefsOf(files, root)
  return {
    layout,
    choice: 'found',
    firmware: 'either',
    loader: { kind: 'none', configuration: '', reason: NO_LOADER },
    entries,
    defaultIndex: 0,
    findings: [...files.findings, ...install.findings, ...aboutKernels(root, entries, isBootc)],
    container: {
      isBootc,
      ...(install.rootType && { rootType: install.rootType }),
      ...(composefs && { composefs }),
    },
  }
}

async function kernels(
  files: ImageFiles,
  root: Volume,
  architecture: string,
  install: InstallConfig,
): Promise<readonly BootEntry[]> {
  const found = await findModuleKernels(files, root, '/')
  if (found.length === 0) return []
  const drop = await readKargsD(files, root, architecture)
  const isDeleted = ({ text, key }: Readonly<{ text: string; key: string }>): boolean =>
    install.deleted.some((one) => one === text || one === key)
  const all = [...install.arguments, ...drop.arguments].filter((one) => !isDeleted(one))
  return found.map((entry) => ({ ...entry, arguments: all, findings: drop.findings }))
}

function aboutKernels(
  { address }: Volume,
  entries: readonly BootEntry[],
  isBootc: boolean,
): readonly Finding[] {
  if (entries.length === 0) return []
  const versions = entries.map(({ id }) => id).join(', ')
  return [
    ...(isBootc
      ? []
      : [finding('CONTAINER_NOT_BOOTC', address, 'it has a kernel, and no label containers.bootc=1')]),
    ...(entries.length === 1 ? [] : [finding('CONTAINER_SEVERAL_KERNELS', address, versions)]),
  ]
}

async function composefsOf(files: ImageFiles, root: Volume): Promise<ContainerBoot['composefs']> {
  for (const path of PREPARE_ROOT) {
    const file = await files.text(root, path)
    if (file === undefined) continue
    const enabled = iniValue(file.text, 'composefs', 'enabled')
    return enabled === undefined ? undefined : { enabled, file: file.file }
  }
  return undefined
}
