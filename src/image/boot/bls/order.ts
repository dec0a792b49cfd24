import { compareRpmVersions, compareText, compareUapiVersions } from '../versions.ts'
import type { BlsEntry } from './entry.ts'

/**
 * As GRUB's blscfg puts them: by file name, taken for an rpm's name-version-release, newest first. It reads none of
 * `sort-key`, `version` and boot counters (bls_cmp() of Fedora's grub-core/commands/blscfg.c).
 */
export function inGrubOrder<T extends BlsEntry>(entries: readonly T[]): readonly T[] {
  return entries.toSorted((a, b) => compareNames(nameOf(b), nameOf(a)))
}

/**
 * As systemd-boot puts them: those without tries left last; then by sort-key, machine-id and version (newest first),
 * entries without sort-key after those with one; then by id, newest first (boot_entry_compare() of src/boot/boot.c).
 */
export function inSystemdBootOrder<T extends BlsEntry>(entries: readonly T[]): readonly T[] {
  return entries.toSorted((a, b) => {
    const bad = Number(a.triesLeft === 0) - Number(b.triesLeft === 0)
    if (bad !== 0) return bad
    const keyless = Number(a.sortKey === '') - Number(b.sortKey === '')
    if (keyless !== 0) return keyless
    const byKey =
      a.sortKey === ''
        ? 0
        : compareText(a.sortKey, b.sortKey) ||
          compareText(a.machineId, b.machineId) ||
          compareUapiVersions(b.version, a.version)
    const byId = byKey || compareUapiVersions(b.id.toLowerCase(), a.id.toLowerCase())
    if (byId !== 0 || a.triesLeft === undefined || b.triesLeft === undefined) return byId
    return b.triesLeft - a.triesLeft || (a.triesDone ?? 0) - (b.triesDone ?? 0)
  })
}

/**
 * Where no boot loader says otherwise: newest `version` first, which is how ostree numbers its deployments
 * (ostree_sysroot_deployments); entries without tries left last.
 */
export function inVersionOrder<T extends BlsEntry>(entries: readonly T[]): readonly T[] {
  return entries.toSorted(
    (a, b) =>
      Number(a.triesLeft === 0) - Number(b.triesLeft === 0) ||
      compareUapiVersions(b.version, a.version) ||
      compareUapiVersions(b.id, a.id),
  )
}

type Name = readonly [name: string, version: string, release: string]

function compareNames(a: Name, b: Name): number {
  return compareRpmVersions(a[0], b[0]) || compareRpmVersions(a[1], b[1]) || compareRpmVersions(a[2], b[2])
}

/** The last two dashes part name, version and release; with one dash, what is behind it is the version. */
function nameOf({ fileName }: BlsEntry): Name {
  const parts = fileName.replace(/\.conf$/, '').split('-')
  if (parts.length === 1) return [parts[0] ?? '', '', '']
  if (parts.length === 2) return [parts[0] ?? '', parts[1] ?? '', '']
  return [parts.slice(0, -2).join('-'), parts.at(-2) ?? '', parts.at(-1) ?? '']
}
