import type { Patch } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { Finding } from '../../core/index.ts'
import { cutShortOf, hashTreesOf, makeContract, verityArguments } from '../boot/index.ts'
import type { BootContract, BootInventory, ContractChoices, OsRelease } from '../boot/index.ts'
import type { Unpack } from '../initramfs/index.ts'
import { findVolume, largestUnreadable } from '../stack/index.ts'
import type { Readers, StackNode } from '../stack/index.ts'
import { baseOfDisk, baseOfRoot, patchBase } from './base.ts'
import type { Base } from './base.ts'
import type { BootSummary, Change } from '../../contract/index.ts'
import { editArguments } from './edit-arguments.ts'
import { editMounts } from './edit-mounts.ts'
import { raise } from './errors.ts'
import { finding, warningOf } from './findings.ts'
import { initrdReferences } from './initrd-references.ts'
import { machineNames, referencesInFiles, referencesOfArguments } from './references.ts'

export type ConversionWishes = ConversionOf &
  Readonly<{
    /** Whether mounts of what stays behind are taken out of the fstab. */
    mounts: 'edit' | 'keep'
    /** Of a disk: its boot entries are edited. Those of a root are in the contract already. */
    arguments: ContractChoices
    /** What a disk is looked at with again, once its boot entries are edited. */
    readers: Readers
    /** What initrds are looked into with. */
    unpack: Unpack
    signal?: AbortSignal
  }>

/** The root's partition with kernel and ramdisk beside it, or the disk as it is. */
type ConversionOf = Readonly<{ what: 'root'; contract: BootContract }> | Readonly<{ what: 'disk' }>

export type ConversionPlan = Readonly<{
  base: Base
  patches: readonly Patch[]
  changes: readonly Change[]
  warnings: readonly string[]
  boot: BootSummary
}>

/**
 * What a conversion will do, before a byte is written: reads metadata, the fstab and boot entries only. Throws
 * BASE_UNKNOWN, BASE_UNREADABLE, BASE_SPLIT, BASE_NESTED, DISK_CUT_SHORT, EDIT_REFUSED and KARG_EDIT_REFUSED.
 */
export async function planConversion(
  disk: StackNode,
  inventory: BootInventory,
  wishes: ConversionWishes,
): Promise<ConversionPlan> {
  if (wishes.what === 'disk') return planDisk(disk, inventory, wishes)
  const { contract } = wishes
  const { boot, warnings } = describeContract(inventory, contract)
  if (contract.root === undefined) throw rootUnknown(disk)
  const { address, subvolume } = contract.root
  const base = baseOfRoot(disk, address)
  const root = findVolume(disk, subvolume === undefined ? address : `${address}[${subvolume}]`)
  const systemRoot = contract.deployment?.path ?? '/'
  const { signal, unpack } = wishes
  const references = [
    ...referencesOfArguments(disk, base, contract),
    ...(await referencesInFiles(disk, base, inventory, root, systemRoot, signal)),
    ...(await initrdReferences(disk, base, contract, unpack, signal)),
  ].map(warningOf)
  const renamed = changesOfRoot(contract)
  const verity = verityFindings(disk, contract, [])
  if (wishes.mounts === 'keep')
    return {
      base,
      patches: [],
      changes: renamed,
      warnings: [...warnings, ...references, ...verity.map(warningOf)],
      boot,
    }
  const edit = await editMounts(disk, base, root, systemRoot, signal)
  return {
    base: patchBase(base, edit.patches),
    patches: edit.patches,
    changes: [...renamed, ...edit.changes],
    warnings: [
      ...warnings,
      ...references,
      ...[...verityFindings(disk, contract, edit.patches), ...edit.findings].map(warningOf),
    ],
    boot,
  }
}

/** A base is one partition: the hash tree of dm-verity is another one, and is made of the data as it was. */
function verityFindings(
  disk: StackNode,
  { arguments: all }: BootContract,
  patches: readonly Patch[],
): readonly Finding[] {
  const given = verityArguments(all)
    .map(({ text }) => text)
    .join(' ')
  if (given === '') return []
  const trees = hashTreesOf(disk).map(({ address }) => address)
  const where =
    trees.length === 0 ? 'no hash tree is in the image' : `its hash tree is in ${trees.join(', ')}`
  return [
    finding('VERITY_LEFT_BEHIND', given, where),
    ...(patches.length === 0 ? [] : [finding('VERITY_DATA_CHANGED', given, 'the fstab was edited')]),
  ]
}

/** A disk is taken as it is, understood or not: how it boots is only told. */
function contractOfDisk(
  disk: StackNode,
  inventory: BootInventory,
  choices: ContractChoices,
): BootContract | Readonly<{ finding: Finding }> {
  try {
    return makeContract(disk, inventory, choices)
  } catch (error) {
    const isUnknown = ['BOOT_NOTHING_FOUND', 'BOOT_UNREADABLE', 'BOOT_ENTRY_NOT_LINUX'].some((code) =>
      isAnnealError(error, code),
    )
    if (!isUnknown || !isAnnealError(error)) throw error
    return { finding: finding('DISK_NOT_UNDERSTOOD', disk.name, error.message) }
  }
}

function notUnderstood(
  { layout, findings }: BootInventory,
  why: Finding,
): Pick<ConversionPlan, 'boot' | 'warnings'> {
  const boot = { commandLine: '', firmware: 'either', arguments: [], os: layout.osRelease ?? {} } as const
  return { boot, warnings: [...findings, why].map(warningOf) }
}

/** A `root=` that was made though the image has one. */
function changesOfRoot({ entry, arguments: all, rootBefore }: BootContract): readonly Change[] {
  const root = all.find(({ key }) => key === 'root')
  if (rootBefore === undefined || root === undefined) return []
  return [
    {
      file: 'command line',
      what: `${root.text} instead of ${rootBefore} of the entry ${entry}`,
      reason: 'where the base is written, its partition is called otherwise; the file system keeps its name',
    },
  ]
}

function rootUnknown(disk: StackNode): Error {
  const image = disk.name
  const unreadable = largestUnreadable(disk)
  return unreadable === undefined
    ? raise('BASE_UNKNOWN', { image })
    : raise('BASE_UNREADABLE', { image, ...unreadable })
}

/** What is told of a boot contract alone, where there is no base: for its kernel and ramdisk. */
export function describeContract(
  inventory: BootInventory,
  contract: BootContract,
): Readonly<{ boot: BootSummary; warnings: readonly string[] }> {
  const osRelease = contract.deployment?.osRelease ?? inventory.layout.osRelease
  return { boot: summary(contract, osRelease), warnings: contract.findings.map(warningOf) }
}

/** The disk as it is, but for what is asked of its boot entries. It boots by itself: nothing is added to their arguments unasked. */
async function planDisk(
  disk: StackNode,
  inventory: BootInventory,
  { arguments: wanted, readers, unpack, signal }: ConversionWishes,
): Promise<ConversionPlan> {
  const cut = cutShortOf(disk)
  if (cut !== undefined) throw raise('DISK_CUT_SHORT', { image: disk.name, ...cut })
  const base = baseOfDisk(disk)
  const append = wanted.kargs ?? []
  const unwanted = wanted.deleteKargs ?? []
  const deployment = wanted.deployment === undefined ? {} : { deployment: wanted.deployment }
  const boots = { ...deployment, boots: 'disk' } as const
  if (append.length === 0 && unwanted.length === 0) {
    const own = contractOfDisk(disk, inventory, boots)
    if ('finding' in own) return { base, patches: [], changes: [], ...notUnderstood(inventory, own.finding) }
    const { boot, warnings } = describeContract(inventory, own)
    const names = [
      ...(await machineNames(disk, inventory, own, signal)),
      ...(await initrdReferences(disk, base, own, unpack, signal)),
    ]
    return { base, patches: [], changes: [], boot, warnings: [...warnings, ...names.map(warningOf)] }
  }
  const wishes = { readers, append, delete: unwanted, ...deployment, ...(signal && { signal }) }
  const edit = await editArguments(disk, base, inventory, wishes)
  const { patches, changes } = edit
  const edited = makeContract(edit.disk, edit.inventory, boots)
  const names = [
    ...(await machineNames(edit.disk, edit.inventory, edited, signal)),
    ...(await initrdReferences(edit.disk, baseOfDisk(edit.disk), edited, unpack, signal)),
  ]
  const { boot, warnings } = describeContract(edit.inventory, edited)
  return {
    base: patchBase(base, patches),
    patches,
    changes,
    warnings: [...warnings, ...edit.warnings, ...names.map(warningOf)],
    boot,
  }
}

function summary(contract: BootContract, osRelease: OsRelease | undefined): BootSummary {
  const { deployment } = contract
  return {
    commandLine: contract.commandLine,
    firmware: contract.firmware,
    arguments: contract.arguments.map(({ text, source, reason }) => ({
      text,
      source: 'file' in source ? `${source.kind} ${source.file}` : source.kind,
      reason,
    })),
    os: osRelease ?? {},
    ...(deployment === undefined ? {} : { deployment }),
  }
}
