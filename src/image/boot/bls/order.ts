import { knows } from '../systemd-boot/since.ts'
import { compareText, compareUapiVersions } from '../versions.ts'
import type { BlsEntry } from './entry.ts'

/**
 * As systemd-boot puts them: those without tries left last; then by sort-key, machine-id and version (newest first),
 * entries without sort-key after those with one; then by id, newest first (boot_entry_compare() of src/boot/boot.c).
 */
export function inSystemdBootOrder<T extends BlsEntry>(
  entries: readonly T[],
  systemdBoot?: number,
): readonly T[] {
  const firstProfilesFirst = knows(systemdBoot, 'firstProfiles')
  return entries.toSorted((a, b) => {
    const bad = Number(a.triesLeft === 0) - Number(b.triesLeft === 0)
    if (bad !== 0) return bad
    const keyless = Number(a.sortKey === '') - Number(b.sortKey === '')
    if (keyless !== 0) return keyless
    const byProfile = (a.profile ?? 0) - (b.profile ?? 0)
    const byKey =
      a.sortKey === ''
        ? 0
        : compareText(a.sortKey, b.sortKey) ||
          compareText(a.machineId, b.machineId) ||
          compareUapiVersions(b.version, a.version) ||
          (firstProfilesFirst ? byProfile : 0)
    const byId = byKey || compareUapiVersions(sortedBy(b, systemdBoot), sortedBy(a, systemdBoot)) || byProfile
    if (byId !== 0 || a.triesLeft === undefined || b.triesLeft === undefined) return byId
    return b.triesLeft - a.triesLeft || (a.triesDone ?? 0) - (b.triesDone ?? 0)
  })
}

/** The file name with its suffix, and without its counter where this systemd-boot leaves it out. */
function sortedBy({ id, fileName, profile = 0 }: BlsEntry, systemdBoot: number | undefined): string {
  const suffix = fileName.slice(fileName.lastIndexOf('.'))
  const isWhole = profile > 0 && suffix.toLowerCase() === '.efi' && !knows(systemdBoot, 'profileIds')
  return (isWhole ? fileName : `${id}${suffix}`).toLowerCase()
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
