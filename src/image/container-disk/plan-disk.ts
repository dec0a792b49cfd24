import type { BootSummary, Change } from '../../contract/index.ts'
import type { Digest, Finding } from '../../core/index.ts'
import { findPath, readFile } from '../../formats/filesystem/index.ts'
import { bytesOfLatin1 } from '../boot/index.ts'
import type { BootArgument, BootContract, BootInventory } from '../boot/index.ts'
import { describeContract } from '../convert/index.ts'
import { drawGuid } from '../deploy-disk/index.ts'
import { containerTree, liveMounts, warningOf } from '../live/index.ts'
import type { LiveTree } from '../live/index.ts'
import { findVolume } from '../stack/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import { raise } from './errors.ts'
import { finding } from './findings.ts'
import { leastRootBytes, measureTree, rootSize } from './measure-tree.ts'
import type { RootSize, TreeSize } from './measure-tree.ts'
import { formatKernelCommandLine, kernelArgument, lintForIronic } from '../../core/index.ts'

export type ContainerDiskWishes = Readonly<{
  /** Of the file system, in bytes; undefined: what the tree needs, and room to run. */
  sizeBytes: number | undefined
  /** What tells this container from others: UUIDs are drawn from it, so that the same one gives the same disk. */
  seed: string
  digest: Digest
  signal: AbortSignal
}>

/** The file system that a container becomes, and what boots it. */
export type ContainerDiskPlan = Readonly<{
  root: Volume
  tree: LiveTree
  size: TreeSize & RootSize
  uuid: string
  label: string
  contract: BootContract
  boot: BootSummary
  changes: readonly Change[]
  warnings: readonly string[]
}>

const FSTAB = '/etc/fstab'
const MOST_FSTAB_BYTES = 1 << 20

/**
 * What the root file system of a container will be: reads metadata and small files, and writes nothing. Throws
 * CONTAINER_DISK_… and what the readers throw.
 */
export async function planContainerDisk(
  image: StackNode,
  inventory: BootInventory,
  contract: BootContract,
  { sizeBytes: asked, seed, digest, signal }: ContainerDiskWishes,
): Promise<ContainerDiskPlan> {
  if (contract.initrds.length === 0) {
    const kernel = contract.kernel.path
    throw raise('CONTAINER_DISK_NO_INITRAMFS', { image: image.name, kernel })
  }
  const root = findVolume(image, '')
  const { emptied, changes } = await containerTree(root, signal)
  const tree = await measureTree(root.fileSystem, emptied, signal)
  const size = { ...tree, ...rootSize(tree, asked) }
  const neededBytes = leastRootBytes(tree)
  if (size.sizeBytes < neededBytes) {
    throw raise('CONTAINER_DISK_TOO_SMALL', { image: image.name, sizeBytes: size.sizeBytes, neededBytes })
  }
  const uuid = drawGuid({ seed, digest }, 'root file system')
  const mounts = await liveMounts({ disk: image, root, systemRoot: '/', signal })
  const fstab = await newFstab(root, mounts.replaced, uuid, signal)
  const own = diskContract(contract, uuid)
  const { boot, warnings } = describeContract(inventory, own)
  const line = { file: FSTAB, what: `the root is in it: UUID=${uuid} / ext4`, reason: GROWN }
  return {
    root,
    tree: {
      root: { address: 'container', fileSystem: root.fileSystem, directory: root.fileSystem.root },
      mounted: new Map(),
      emptied,
      ...fstab,
    },
    size,
    uuid,
    label: 'root',
    contract: own,
    boot,
    changes: [...changes, ...mounts.changes, ...(fstab.isKept ? [] : [line])],
    warnings: [...warnings, ...[...mounts.findings, ...differences(inventory, uuid)].map(warningOf)],
  }
}

const GROWN = 'systemd checks it and grows it to the size of its partition (x-systemd.growfs)'

/** The fstab of the container, with a line for the root. */
async function newFstab(
  { fileSystem }: Volume,
  edited: ReadonlyMap<string, Uint8Array>,
  uuid: string,
  signal: AbortSignal,
): Promise<Pick<LiveTree, 'replaced' | 'added'> & Readonly<{ isKept: boolean }>> {
  const text = `UUID=${uuid} / ext4 defaults,x-systemd.growfs 0 1\n`
  const found = await findPath(fileSystem, FSTAB, { lastLink: 'keep', signal })
  if (found === undefined) {
    const hasPlace = (await findPath(fileSystem, '/etc', { lastLink: 'keep', signal }))?.kind === 'directory'
    const added = new Map(hasPlace ? [[FSTAB, new TextEncoder().encode(text)]] : [])
    return { replaced: edited, added, isKept: !hasPlace }
  }
  if (found.kind !== 'file' || found.realPath !== FSTAB)
    return { replaced: edited, added: new Map(), isKept: true }
  const before =
    edited.get(FSTAB) ??
    (await readFile(fileSystem, found.id, { path: FSTAB, limitBytes: MOST_FSTAB_BYTES, signal }))
  const start = new TextDecoder('latin1').decode(before)
  const whole = `${start}${start === '' || start.endsWith('\n') ? '' : '\n'}${text}`
  const replaced = new Map([...edited, [FSTAB, bytesOfLatin1(whole)]])
  return { replaced, added: new Map(), isKept: false }
}

function differences({ container, layout }: BootInventory, uuid: string): readonly Finding[] {
  const { rootType, composefs } = container ?? {}
  const system = layout.osRelease?.prettyName ?? layout.osRelease?.id ?? 'the system'
  return [
    finding('CONTAINER_DISK_PLAIN', `UUID=${uuid}`, `${system} runs from a plain file system`),
    ...(rootType === undefined || rootType.type === 'ext4'
      ? []
      : [
          finding(
            'CONTAINER_DISK_OTHER_TYPE',
            rootType.file,
            `it says ${rootType.type}, and the disk is ext4`,
          ),
        ]),
    ...(composefs === undefined || /^(?:no|false|0)$/.test(composefs.enabled)
      ? []
      : [finding('CONTAINER_DISK_NOT_SEALED', composefs.file, `it says composefs = ${composefs.enabled}`)]),
  ]
}

/** What is said of a container that is on no disk yet. */
const OLD_FINDINGS = /^(?:CONTAINER_ROOT_MISSING$|KARG_)/

/** The contract of a container whose tree is on a file system now: `root=` and `rw` come first, as `bootc install` puts them. */
function diskContract(contract: BootContract, uuid: string): BootContract {
  const has = (...keys: readonly string[]): boolean =>
    contract.arguments.some(({ key }) => keys.includes(key))
  const made: BootArgument[] = []
  if (!has('root')) {
    const reason = 'the file system that was made of the container'
    made.push({ ...kernelArgument('root', `UUID=${uuid}`), source: { kind: 'made' }, reason })
  }
  if (!has('rw', 'ro')) {
    const reason = 'the root is mounted writable, as bootc installs it'
    made.push({ key: 'rw', text: 'rw', source: { kind: 'made' }, reason })
  }
  const all = [...made, ...contract.arguments]
  const commandLine = formatKernelCommandLine({ arguments: all, init: contract.init })
  return {
    ...contract,
    arguments: all,
    commandLine,
    findings: [
      ...contract.findings.filter(({ code }) => !OLD_FINDINGS.test(code)),
      ...lintForIronic(commandLine),
    ],
  }
}
