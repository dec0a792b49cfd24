import type { Patch } from '../../bytes/index.ts'
import type { BootContract, OsRelease } from '../boot/index.ts'
import { findVolume } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { baseOfDisk, baseOfRoot } from './base.ts'
import type { Base } from './base.ts'
import type { BootSummary, Change } from './boot-file.ts'
import { editMounts } from './edit-mounts.ts'
import { raise } from './errors.ts'

export type ConversionWishes = Readonly<{
  /** The root's partition with kernel and ramdisk beside it, or the disk as it is. */
  what: 'root' | 'disk'
  /** Whether mounts of what stays behind are taken out of the fstab. */
  mounts: 'edit' | 'keep'
  signal?: AbortSignal
}>

export type ConversionPlan = Readonly<{
  base: Base
  patches: readonly Patch[]
  changes: readonly Change[]
  warnings: readonly string[]
  boot: BootSummary
}>

/**
 * What a conversion will do, before a byte is written: reads metadata and the fstab only. Throws BASE_UNKNOWN,
 * BASE_SPLIT, BASE_NESTED and EDIT_REFUSED.
 */
export async function planConversion(
  disk: StackNode,
  contract: BootContract,
  osRelease: OsRelease | undefined,
  wishes: ConversionWishes,
): Promise<ConversionPlan> {
  const found = contract.findings.map(({ subject, evidence }) => `${subject}: ${evidence}`)
  const boot = summary(contract, osRelease)
  if (wishes.what === 'disk') {
    return { base: baseOfDisk(disk), patches: [], changes: [], warnings: found, boot }
  }
  if (contract.root === undefined) throw raise('BASE_UNKNOWN', { image: disk.name })
  const { address } = contract.root
  const base = baseOfRoot(disk, address)
  if (wishes.mounts === 'keep') return { base, patches: [], changes: [], warnings: found, boot }
  const root = findVolume(disk, address)
  const systemRoot = contract.deployment?.path ?? '/'
  const edit = await editMounts(disk, base, root, systemRoot, wishes.signal)
  return {
    base,
    patches: edit.patches,
    changes: edit.changes,
    warnings: [...found, ...edit.warnings],
    boot,
  }
}

function summary(contract: BootContract, osRelease: OsRelease | undefined): BootSummary {
  const { deployment } = contract
  return {
    commandLine: contract.commandLine,
    arguments: contract.arguments.map(({ text, source, reason }) => ({
      text,
      source: 'file' in source ? `${source.kind} ${source.file}` : source.kind,
      reason,
    })),
    os: osRelease ?? {},
    ...(deployment === undefined ? {} : { deployment }),
  }
}
