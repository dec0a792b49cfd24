import type { Finding } from '../../core/index.ts'
import { discoverableType } from '../../formats/gpt/index.ts'
import { atDefaultSubvolume, matchDevice, volumesOf } from '../stack/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import { findBootcDeployments } from './composefs/bootc.ts'
import { ComposefsImages } from './composefs/images.ts'
import type { TreeReaders } from './composefs/images.ts'
import { finding } from './findings.ts'
import { parseFstab } from './fstab.ts'
import type { ImageFiles } from './image-files.ts'
import { findDeployments, readOsRelease } from './ostree.ts'
import type { Deployment } from './ostree.ts'
import type { OsRelease } from './os-release.ts'
import { isOwnRoot, mountedAt, subvolumesToLookAt } from './root-subvolume.ts'

/** Where a system keeps what boots it. */
export type BootPlace = Readonly<{
  volume: Volume
  /** '' where the file system is /boot itself, '/boot' where it is the root. */
  directory: '' | '/boot'
  /** How it was found. */
  reason: string
}>

export type Layout = Readonly<{
  /** Undefined where no file system that can be read is a root: boot files may be found all the same. */
  root?: Volume
  rootReason: string
  /** How the system is kept there. */
  system: 'ostree' | 'composefs' | 'plain' | 'container' | 'none'
  deployments: readonly Deployment[]
  /** By the path of the deployment: the tree that it shows as its root, where that is not its directory (composefs). */
  trees: ReadonlyMap<string, Volume>
  osRelease?: OsRelease
  boot?: BootPlace
  /** The EFI system partition. */
  esp?: Volume
  findings: readonly Finding[]
}>

type Survey = Readonly<{
  volume: Volume
  names: ReadonlySet<string>
  system: Layout['system']
}>

const ESP_TYPES = ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', '0xef']
/** Extended boot loader partition, of the Discoverable Partitions and the Boot Loader Specification. */
const XBOOTLDR_TYPES = ['bc13c2ff-59e6-4262-a352-b275fd6f7172', '0xea']

/** Which file system is root, /boot and the EFI system partition. */
export async function findLayout(
  files: ImageFiles,
  disk: StackNode,
  readers: TreeReaders | undefined,
): Promise<Layout> {
  const surveys = await Promise.all(volumesOf(disk).map((volume) => surveyWithin(files, volume)))
  const esp = surveys.find(isEsp)?.volume
  const disc = surveys.find(
    ({ volume }) => volume.address === '' && volume.fileSystem.facts.type === 'iso9660',
  )
  if (disc !== undefined) return discLayout(disc.volume, esp)
  const { chosen, reason, findings } = chooseRoot(surveys)
  if (chosen === undefined) {
    const boot = bootByContent(surveys, esp)
    return {
      rootReason: reason,
      system: 'none',
      deployments: [],
      trees: new Map(),
      findings,
      ...(boot && { boot }),
      ...(esp && { esp }),
    }
  }
  const root = chosen.volume
  const images = readers && new ComposefsImages(files, readers)
  const found =
    chosen.system === 'ostree'
      ? await findDeployments(files, root, images)
      : chosen.system === 'composefs'
        ? await findBootcDeployments(files, root, images)
        : []
  const deployments = found.map(({ deployment }) => deployment)
  const osRelease = chosen.system === 'plain' ? await readOsRelease(files, root, '/') : undefined
  const boot =
    (await bootByFstab(files, disk, root, deployments)) ??
    bootByType(surveys) ??
    bootByContent(surveys, esp, root) ??
    (chosen.names.has('boot')
      ? ({
          volume: root,
          directory: '/boot',
          reason: 'no file system of its own is mounted at /boot',
        } as const)
      : undefined)
  return {
    root,
    rootReason: reason,
    system: chosen.system,
    deployments,
    trees: new Map(
      found.flatMap(({ deployment, tree }) => (tree === undefined ? [] : [[deployment.path, tree]])),
    ),
    findings,
    ...(osRelease && { osRelease }),
    ...(boot && { boot }),
    ...(esp && { esp }),
  }
}

/** The tree that a deployment shows as its root, where that is not its directory. */
export function bootedTree({ trees }: Layout, { path, composefs }: Deployment): Volume | undefined {
  return composefs === undefined || composefs.enabled === 'no' ? undefined : trees.get(path)
}

/** The root of an installer or a live system is packed in a file of the disc. */
function discLayout(volume: Volume, esp: Volume | undefined): Layout {
  return {
    rootReason: 'it is an installation or live disc, whose system is in a file of it',
    system: 'none',
    deployments: [],
    trees: new Map(),
    findings: [],
    boot: { volume, directory: '/boot', reason: 'it is the disc' },
    ...(esp && { esp }),
  }
}

/** The subvolume that holds the system, where there are several; else the whole of the file system. */
async function surveyWithin(files: ImageFiles, volume: Volume): Promise<Survey> {
  const systems: Survey[] = []
  for (const subvolume of subvolumesToLookAt(volume)) {
    const one = await survey(files, subvolume)
    if (one.system !== 'none') systems.push(one)
  }
  const isDefault = (one: Survey): boolean => one.volume.address === atDefaultSubvolume(volume).address
  for (const one of systems) if (await isOwnRoot(files, one.volume)) return one
  return systems.find(isDefault) ?? systems[0] ?? survey(files, volume)
}

async function survey(files: ImageFiles, volume: Volume): Promise<Survey> {
  const names = new Set(await files.names(volume, '/'))
  const has = async (path: string): Promise<boolean> =>
    names.has(path.split('/')[1] ?? '') && (await files.find(volume, path)) !== undefined
  if (await has('/ostree/deploy')) return { volume, names, system: 'ostree' }
  if (names.has('composefs') && (await has('/state/deploy'))) return { volume, names, system: 'composefs' }
  if ((await has('/etc/os-release')) || (await has('/usr/lib/os-release')))
    return { volume, names, system: 'plain' }
  return { volume, names, system: 'none' }
}

function isEsp({ volume, names }: Survey): boolean {
  const { type, typeName } = volume.node.partition ?? { type: '', typeName: '' }
  if (volume.fileSystem.facts.type !== 'vfat') return false
  return (
    ESP_TYPES.includes(type) ||
    typeName === 'EFI System' ||
    [...names].some((name) => name.toUpperCase() === 'EFI')
  )
}

function chooseRoot(
  surveys: readonly Survey[],
): Readonly<{ chosen?: Survey; reason: string; findings: readonly Finding[] }> {
  for (const [system, reason] of [
    ['ostree', 'it has ostree deployments'],
    ['composefs', 'it has deployments of bootc’s composefs back end'],
    ['plain', 'it has an os-release'],
  ] as const) {
    const fitting = surveys.filter((one) => one.system === system)
    const typed = fitting.find(({ volume }) => isRootType(volume))
    const chosen = typed ?? fitting[0]
    if (chosen === undefined) continue
    const others = fitting.filter((one) => one !== chosen).map(({ volume }) => volume.address)
    return {
      chosen,
      reason: typed === undefined ? reason : `${reason}, and its partition is of the type for roots`,
      findings:
        others.length === 0 || typed !== undefined
          ? []
          : [finding('ROOT_AMBIGUOUS', chosen.volume.address, `${others.join(', ')} could be it, too`)],
    }
  }
  return { reason: 'no file system that can be read holds a system', findings: [] }
}

function isRootType({ node }: Volume): boolean {
  return node.partition !== undefined && discoverableType(node.partition.type)?.designator === 'root'
}

async function bootByFstab(
  files: ImageFiles,
  disk: StackNode,
  root: Volume,
  deployments: readonly Deployment[],
): Promise<BootPlace | undefined> {
  const roots = deployments.length === 0 ? ['/'] : deployments.map(({ path }) => path)
  for (const directory of roots) {
    const fstab = await files.text(root, '/etc/fstab', { root: directory })
    if (fstab === undefined) continue
    const entries = parseFstab(new TextEncoder().encode(fstab.text))
    const mount = entries.find(({ mountPoint }) => mountPoint === '/boot')
    const nodes = mount === undefined ? [] : matchDevice(disk, mount.device)
    const [node] = nodes
    if (mount === undefined || node?.content.kind !== 'file system') continue
    const whole = { address: node.address, node, fileSystem: node.content.fileSystem }
    const volume = mountedAt(whole, mount.options)
    if (volume === undefined) continue
    return {
      volume,
      directory: '',
      reason: `${fstab.file}:${mount.line} mounts ${mount.device} at /boot`,
    }
  }
  return undefined
}

function bootByType(surveys: readonly Survey[]): BootPlace | undefined {
  const found = surveys.find(({ volume }) => XBOOTLDR_TYPES.includes(volume.node.partition?.type ?? ''))
  if (found === undefined) return undefined
  return { volume: found.volume, directory: '', reason: 'its partition is of the type for /boot (XBOOTLDR)' }
}

/** A file system with what /boot holds and a root does not. */
function bootByContent(surveys: readonly Survey[], esp?: Volume, root?: Volume): BootPlace | undefined {
  const found = surveys.find(
    ({ volume, names }) =>
      volume !== esp &&
      volume !== root &&
      !names.has('etc') &&
      [...names].some((name) => /^(loader|grub2?|extlinux|vmlinu[zx]-.*)$/.test(name)),
  )
  if (found === undefined) return undefined
  return { volume: found.volume, directory: '', reason: 'it has what /boot holds' }
}
