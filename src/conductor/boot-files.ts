import { raise } from './errors.ts'
import { nameOf } from './machine.ts'
import type { MachineRecord } from './machine.ts'

/** Processors of machines, as Ironic writes `cpu_arch`. */
export type Architecture = 'x86_64' | 'aarch64'

/** Paths of a kernel and its ramdisk on the conductor’s machine. */
export type BootPair = Readonly<{ kernel: string; ramdisk: string }>

export type BootPairs = Readonly<Partial<Record<Architecture, BootPair>>>

/** By `cpu_arch` of its properties; `arm64` is Debian’s name for `aarch64`. Machines that say nothing are `x86_64`. */
export function architectureOf({ properties }: Pick<MachineRecord, 'properties'>): Architecture {
  return ['aarch64', 'arm64'].includes(String(properties['cpu_arch'])) ? 'aarch64' : 'x86_64'
}

/** The processor of a machine, for which the conductor has a deploy ramdisk. Throws RAMDISK_MISSING where it has none. */
export function ramdiskArchitecture(machine: MachineRecord, pairs: BootPairs): Architecture {
  const architecture = architectureOf(machine)
  if (pairs[architecture] !== undefined) return architecture
  throw raise('RAMDISK_MISSING', {
    machine: nameOf(machine),
    architecture,
    known: Object.keys(pairs).join(', '),
    debian: architecture === 'aarch64' ? 'arm64' : 'amd64',
  })
}
