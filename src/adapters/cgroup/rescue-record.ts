import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
import type { Limit, ProcessId } from '../../node/index.ts'
import { hasCode } from './has-code.ts'

/**
 * What a rescue must not forget if it is cut off: once systemd has moved a guest, its old cgroups no longer say which
 * limits it had. Kept on /run, because it means nothing after a reboot.
 */
export type RescueRecord = Readonly<{
  version: 1
  pid: number
  startTicks: number
  limits: readonly KeptLimit[]
  /** Absent where there was no cgroup of the guest's own in v2. */
  deviceFilter?: DeviceFilter
}>

/** Where the guest's filter of devices is attached in cgroup v2, and where it belongs: `path` as in KeptLimit. */
export type DeviceFilter = Readonly<{ from: string; path: string }>

/** A limit with its place: `path` is below the guest's own cgroup (``, `/libvirt`, `/libvirt/vcpu0`). */
export type KeptLimit = Limit & Readonly<{ hierarchy: number; controllers: readonly string[]; path: string }>

export interface RescueRecords {
  /** Of this very process; a record of another one with the same pid is none. */
  read(process: ProcessId): RescueRecord | undefined
  write(record: RescueRecord): void
  remove(process: ProcessId): void
}

export function rescueRecords(directory = '/run/anneal/rescue'): RescueRecords {
  const fileOf = ({ pid }: Pick<ProcessId, 'pid'>): string => join(directory, `${pid}.json`)
  return {
    read(process) {
      let text: string
      try {
        text = readFileSync(fileOf(process), 'utf8')
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
        throw error
      }
      const record = JSON.parse(text) as RescueRecord
      return record.version === 1 && record.startTicks === process.startTicks ? record : undefined
    },
    write(record) {
      makeFolderSync(directory, { mode: 0o700 })
      const temporary = `${fileOf(record)}.new`
      writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 })
      renameSync(temporary, fileOf(record))
    },
    remove: (process) => rmSync(fileOf(process), { force: true }),
  }
}
