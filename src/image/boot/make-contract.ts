import {
  editKernelArguments,
  formatKernelCommandLine,
  kernelArgument,
  lintForIronic,
} from '../../core/index.ts'
import type { Finding, KernelArgument } from '../../core/index.ts'
import { atDefaultSubvolume, largestUnreadable, matchDevice, namedSubvolume } from '../stack/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import type { BootArgument, BootContract, RootVolume } from './contract.ts'
import type { BootEntry } from './entry.ts'
import { raise } from './errors.ts'
import type { BootInventory } from './find-boot.ts'
import { exactValue, lastingName, namedBy } from './device-names.ts'
import { aboutRoot } from './about-root.ts'
import { finding } from './findings.ts'
import { differenceFinding, firmwareDifference } from './firmware/differences.ts'
import { reasonOf } from './reasons.ts'
import { aboutVerity } from './verity.ts'
import { aboutSpelling } from './root-spelling.ts'

export type ContractChoices = Readonly<{
  /** An entry's number in the menu, its id, a stateroot, or the begin of a commit. Left out: what boots by itself. */
  deployment?: string
  kargs?: readonly string[]
  deleteKargs?: readonly string[]
  /**
   * `netboot` (where nothing is said): what boots the image's root wherever it is written, without its boot loader. `disk`:
   * what its own boot loader says.
   */
  boots?: 'netboot' | 'disk'
}>

/**
 * What boots the image. First come the entry's own arguments. For a netboot, `root=` (and `rd.lvm.lv=`) is made where there is
 * none, one that names a partition or a device of one machine becomes the name of the file system itself, and the second try
 * counts where the first has no initrd. Then those of `deleteKargs` are taken off, and `kargs` appended. Throws BOOT_NOTHING_FOUND,
 * BOOT_CONTAINER_WITHOUT_KERNEL, BOOT_UNREADABLE, BOOT_ENTRY_NOT_LINUX, BOOT_ENTRY_UNKNOWN, BOOT_ENTRY_AMBIGUOUS, and the errors of `editKernelArguments`.
 */
export function makeContract(
  disk: StackNode,
  inventory: BootInventory,
  choices: ContractChoices = {},
): BootContract {
  const chosen = chooseEntry(disk, inventory, choices.deployment)
  const isNetboot = choices.boots !== 'disk'
  const entry = (isNetboot ? chosen.secondTry : undefined) ?? chosen
  const wanted = { append: choices.kargs ?? [], delete: choices.deleteKargs ?? [] }
  const ownsRoot = wanted.append.some((text) => /^root(?:hash)?=/.test(text))
  const isDeleted = wanted.delete.includes('root')
  const isContainer = disk.role === 'container'
  const complete =
    ownsRoot || isDeleted || !isNetboot || isContainer
      ? entry.arguments
      : withLastingRoot(disk, inventory, entry, withRoot(disk, inventory, entry))
  const edited = editKernelArguments(complete, wanted)
  const all = [...edited.kept, ...edited.appended.map(asked)]
  const root = isContainer ? undefined : rootOf(disk, inventory, all)
  const { id, title, kernel, initrds, devicetree, init, deployment } = entry
  if (kernel === undefined) {
    throw raise('BOOT_ENTRY_NOT_LINUX', {
      image: disk.name,
      entry: id,
      title,
      why: entry.unbootable ?? 'it names no kernel',
    })
  }
  const before = entry.arguments.findLast(({ key }) => key === 'root')
  const renamed = complete.some(({ key, source }) => key === 'root' && source.kind === 'made')
    ? before
    : undefined
  const commandLine = formatKernelCommandLine({ arguments: all, init })
  return {
    entry: id,
    title,
    loader: inventory.loader,
    firmware: firmwareOf(inventory, chosen),
    kernel,
    initrds,
    arguments: all,
    init,
    commandLine,
    findings: [
      ...inventory.findings,
      ...entry.findings,
      ...differenceFinding(inventory, chosen),
      ...(entry === chosen ? [] : [finding('INITRD_ON_SECOND_TRY', entry.file, secondTryTold(entry))]),
      ...aboutEntry(entry),
      ...(isContainer ? aboutContainer(disk, all) : aboutRoot(disk, all, root)),
      ...(isContainer || initrds.length > 0 ? [] : aboutSpelling(disk, all, 'kernel')),
      ...aboutSubvolume(inventory, all),
      ...aboutVerity(disk, all),
      ...aboutIgnition(all),
      ...lintForIronic(commandLine),
    ],
    ...(devicetree && { devicetree }),
    ...(root && { root }),
    ...(renamed !== undefined && { rootBefore: renamed.text }),
    ...(deployment && { deployment }),
  }
}

/** Whose answer it is. */
function firmwareOf(inventory: BootInventory, entry: BootEntry): BootInventory['firmware'] {
  if (inventory.choice === 'asked' || inventory.other === undefined) return inventory.firmware
  const { other } = inventory
  if (inventory.firmware !== 'either') return inventory.firmware
  if (firmwareDifference(inventory, entry) === undefined) return 'either'
  return other.firmware === 'bios' ? 'uefi' : 'bios'
}

/** Throws BOOT_NOTHING_FOUND, BOOT_UNREADABLE, BOOT_ENTRY_UNKNOWN, BOOT_ENTRY_AMBIGUOUS. */
export function chooseEntry(
  disk: StackNode,
  { entries, defaultIndex, layout }: BootInventory,
  wanted: string | undefined,
): BootEntry {
  const chosen = entries[defaultIndex] ?? entries[0]
  if (chosen === undefined) throw nothingBoots(disk, layout)
  if (wanted === undefined) return chosen
  const present = entries.map(({ id }, index) => `${index} (${id})`)
  const byNumber = /^\d{1,3}$/.test(wanted) ? entries[Number(wanted)] : undefined
  const [first, ...others] =
    byNumber === undefined ? entries.filter((entry) => isNamed(entry, wanted)) : [byNumber]
  if (first === undefined) throw raise('BOOT_ENTRY_UNKNOWN', { wanted, image: disk.name, present })
  if (others.length > 0) throw raise('BOOT_ENTRY_AMBIGUOUS', { wanted, image: disk.name, present })
  return first
}

function nothingBoots(disk: StackNode, { root, rootReason, deployments }: BootInventory['layout']): Error {
  const image = disk.name
  if (disk.role === 'container') return raise('BOOT_CONTAINER_WITHOUT_KERNEL', { image })
  const unreadable = root === undefined ? largestUnreadable(disk) : undefined
  if (unreadable !== undefined) return raise('BOOT_UNREADABLE', { image, ...unreadable })
  const reason =
    root === undefined
      ? rootReason
      : deployments.length > 0
        ? 'no boot entry leads to any of its deployments, and ostree boots none without one'
        : 'no boot entry and no kernel beside its modules was found'
  return raise('BOOT_NOTHING_FOUND', { image, reason })
}

function isNamed({ id, deployment }: BootEntry, wanted: string): boolean {
  if (id === wanted || deployment?.stateroot === wanted) return true
  return (
    /^[0-9a-f]{6,128}(\.\d+)?$/.test(wanted) &&
    `${deployment?.commit}.${deployment?.serial}`.startsWith(wanted)
  )
}

function asked(argument: KernelArgument): BootArgument {
  return { ...argument, source: { kind: 'karg' }, reason: reasonOf(argument, 'asked for with --karg') }
}

function withRoot(disk: StackNode, { layout }: BootInventory, entry: BootEntry): readonly BootArgument[] {
  const volume = layout.root
  if (volume === undefined || entry.arguments.some(({ key }) => key === 'root')) return entry.arguments
  // systemd takes the device that dm-verity checks; a root= would go around it.
  if (entry.arguments.some(({ key }) => key === 'roothash')) return entry.arguments
  const { uuid, label } = volume.fileSystem.facts
  // Ignition gives the root file system a new UUID when it first boots; its label stays.
  const changesUuid = entry.arguments.some(({ key }) => key.startsWith('ignition.')) && label !== ''
  const isUnique = matchDevice(disk, `LABEL=${label}`).length === 1
  const byLabel = changesUuid && isUnique
  const value = byLabel
    ? `LABEL=${label}`
    : uuid === ''
      ? `PARTUUID=${volume.node.partition?.partUuid ?? ''}`
      : `UUID=${uuid}`
  const why = byLabel
    ? `the image has none; ${volume.address} is its root, by its label as Ignition changes its UUID at the first boot`
    : `the image has none; ${volume.address} is its root (${layout.rootReason})`
  const made: BootArgument[] = [make('root', value, why)]
  const isDefault = atDefaultSubvolume(volume).address === volume.address
  if (
    volume.subvolume !== undefined &&
    !isDefault &&
    !entry.arguments.some(({ key }) => key === 'rootflags')
  ) {
    const reason = `the root is the subvolume ${volume.subvolume} of ${volume.node.address}, and another one is the default`
    made.push(make('rootflags', `subvol=${volume.subvolume.slice(1)}`, reason))
  }
  if (volume.node.role === 'logical volume' && !entry.arguments.some(({ key }) => key === 'rd.lvm.lv')) {
    made.push(
      make('rd.lvm.lv', volume.address, `the root file system is the logical volume ${volume.address}`),
    )
  }
  return [...made, ...entry.arguments]
}

/** A `root=` that would not name the root any more once it lies in another partition, or on another machine. */
function withLastingRoot(
  disk: StackNode,
  { layout }: BootInventory,
  entry: BootEntry,
  all: readonly BootArgument[],
): readonly BootArgument[] {
  const root = all.findLast(({ key }) => key === 'root')
  // Without an initrd it is the kernel that looks for it, and that knows no UUID of a file system.
  if (root?.value === undefined || entry.initrds.length === 0) return all
  const by = /^[0-9A-Fa-f]{3,8}$/.test(root.value) ? 'machine' : namedBy(root.value)
  const [named] = matchDevice(disk, root.value)
  const isMisspelt = named !== undefined && !isAsWritten(named, root.value)
  if (by !== 'partition' && by !== 'machine' && !isMisspelt) return all
  const node = named ?? layout.root?.node
  const name = node && lastingName(disk, node)
  if (node === undefined || name === undefined) return all
  const because =
    by === 'partition'
      ? 'a copy lies in another partition'
      : by === 'machine'
        ? 'another machine may call it otherwise'
        : 'most initrds look for it exactly as blkid prints it'
  const why = `the image says ${root.text}, and ${because}; this is ${node.address === '' ? 'the file system' : node.address} by itself`
  return all.map((one) => (one === root ? make('root', name, why) : one))
}

/** With the capitals that blkid prints, and without quotes of its own. */
function isAsWritten(node: StackNode, device: string): boolean {
  const exact = exactValue(node, device)
  return exact === undefined || device.endsWith(`=${exact}`)
}

function secondTryTold({ initrds }: BootEntry): string {
  return `its first try has no initrd and counts on a second one; a netboot has one try: ${initrds.map(({ path }) => path).join(', ')}`
}

function make(key: string, value: string, why: string): BootArgument {
  const argument = kernelArgument(key, value)
  return { ...argument, source: { kind: 'made' }, reason: reasonOf(argument, why) }
}

/** What `root=` names, where the image has it; else what was found to be the root. */
function rootOf(
  disk: StackNode,
  { layout }: BootInventory,
  all: readonly KernelArgument[],
): RootVolume | undefined {
  const device = all.findLast(({ key }) => key === 'root')?.value
  const [named] = device === undefined ? [] : matchDevice(disk, device)
  const node = named ?? layout.root?.node
  if (node === undefined) return undefined
  const { content, address } = node
  const facts =
    content.kind === 'file system'
      ? content.fileSystem.facts
      : content.kind === 'unreadable'
        ? content
        : { type: content.kind, uuid: '', label: '' }
  const subvolume = subvolumeOfRoot(node, layout.root, all)
  return {
    address,
    type: facts.type,
    uuid: facts.uuid,
    label: facts.label,
    ...(node.role === 'logical volume' && { logicalVolume: address }),
    ...(subvolume !== undefined && subvolume !== '/' && { subvolume }),
  }
}

/** What the kernel mounts: what `rootflags=` names, else the default. Where that is not there, what holds the system. */
function subvolumeOfRoot(
  node: StackNode,
  found: Volume | undefined,
  all: readonly KernelArgument[],
): string | undefined {
  if (node.content.kind !== 'file system') return undefined
  const { subvolumes } = node.content.fileSystem
  if (subvolumes === undefined) return undefined
  const named = namedSubvolume(subvolumes, rootFlags(all))
  const mounted = named === undefined ? subvolumes.find(({ isDefault }) => isDefault) : named.found
  return mounted?.path ?? (found?.node === node ? found.subvolume : undefined)
}

/**
 * The options of every `rootflags=`, as systemd joins them (fstab-generator.c). The kernel, initramfs-tools and dracut without
 * systemd take the last one alone: that differs only where the last one names no subvolume.
 */
function rootFlags(all: readonly KernelArgument[]): readonly string[] {
  return all.filter(({ key }) => key === 'rootflags').flatMap(({ value = '' }) => value.split(','))
}

/** A subvolume that is not there, or holds no system, though another one does. */
function aboutSubvolume({ layout }: BootInventory, all: readonly KernelArgument[]): readonly Finding[] {
  const { root } = layout
  const subvolumes = root?.fileSystem.subvolumes
  if (root === undefined || subvolumes === undefined) return []
  const device = all.find(({ key }) => key === 'root')
  if (device === undefined) return []
  const named = namedSubvolume(subvolumes, rootFlags(all))
  const last = all.findLast(({ key }) => key === 'rootflags')
  const isUnsaidByLast = last !== undefined && namedSubvolume(subvolumes, rootFlags([last])) === undefined
  const here = `the system is in ${root.subvolume ?? 'the top level'}`
  if (named === undefined) {
    const byDefault = atDefaultSubvolume(root)
    if (byDefault.address === root.address) return []
    const mounted = byDefault.subvolume ?? 'the top level'
    return [finding('ROOT_SUBVOLUME_UNSAID', device.text, `${mounted} is mounted by default; ${here}`)]
  }
  if (named.found !== undefined) {
    return isUnsaidByLast
      ? [finding('ROOT_FLAGS_APART', last.text, `an earlier one says ${named.named}`)]
      : []
  }
  return [finding('ROOT_SUBVOLUME_MISSING', `rootflags=${named.named}`, `it is not there; ${here}`)]
}

function aboutEntry(entry: BootEntry): readonly Finding[] {
  return [
    ...(entry.triesLeft === 0 ? [finding('ENTRY_HAS_NO_TRIES_LEFT', entry.file, '0 tries left')] : []),
    ...(entry.initrds.length === 0 ? [finding('INITRD_MISSING', entry.file, 'it names none')] : []),
  ]
}

/** A container names no disk: whoever installs it knows which it is. */
function aboutContainer(image: StackNode, all: readonly KernelArgument[]): readonly Finding[] {
  if (all.some(({ key }) => key === 'root')) return []
  return [finding('CONTAINER_ROOT_MISSING', image.name, 'no argument says root=')]
}

function aboutIgnition(all: readonly KernelArgument[]): readonly Finding[] {
  const first = all.find(({ key }) => key === 'ignition.firstboot')
  const platform = all.some(({ key }) => key === 'ignition.platform.id')
  return [
    ...(first === undefined ? [] : [finding('IGNITION_FIRST_BOOT', first.text, 'it is on the command line')]),
    ...(first !== undefined && !platform
      ? [finding('IGNITION_PLATFORM_MISSING', first.text, 'ignition.platform.id is not on the command line')]
      : []),
  ]
}
