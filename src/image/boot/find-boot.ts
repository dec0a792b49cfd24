import type { Finding } from '../../core/index.ts'
import type { StackNode } from '../stack/index.ts'
import type { BootEntry } from './entry.ts'
import { findEntries } from './find-entries.ts'
import { findLoader } from './find-loader.ts'
import { finding } from './findings.ts'
import { ImageFiles } from './image-files.ts'
import { findLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import type { Loader } from './loader.ts'
import { followBootLink } from './ostree.ts'
import type { Deployment } from './ostree.ts'

/** How an image boots: what is where, and everything that can be chosen. */
export type BootInventory = Readonly<{
  layout: Layout
  loader: Loader
  /** In the order of the boot loader's menu. */
  entries: readonly BootEntry[]
  /** Of the entry that boots by itself. */
  defaultIndex: number
  /** About the image; those of an entry are with it. */
  findings: readonly Finding[]
}>

/** Looks at a disk whose stack was detected. What is damaged or missing is a finding; nothing that boots is no error here. */
export async function findBoot(
  disk: StackNode,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<BootInventory> {
  const files = new ImageFiles(options.signal)
  const layout = await findLayout(files, disk)
  const { loader, entries, defaultIndex } = await findEntries(
    { files, disk, layout },
    await findLoader(files, layout),
  )
  const linked = await Promise.all(entries.map((entry) => withDeployment(files, layout, entry)))
  return { layout, loader, entries: linked, defaultIndex, findings: [...layout.findings, ...files.findings] }
}

async function withDeployment(files: ImageFiles, layout: Layout, entry: BootEntry): Promise<BootEntry> {
  const link = entry.arguments.findLast(({ key }) => key === 'ostree')?.value
  if (link === undefined || layout.root === undefined) {
    const own = entry.source === 'modules' ? layout.deployments[0] : undefined
    return own === undefined ? entry : { ...entry, deployment: own }
  }
  const deployment: Deployment | undefined = await followBootLink(files, layout.root, link)
  if (deployment !== undefined) return { ...entry, deployment }
  return { ...entry, findings: [...entry.findings, finding('ENTRY_LINK_BROKEN', entry.file, link)] }
}
