import { HOST_LIBVIRTS, LIBVIRT_GUESTS } from '../../node/index.ts'
import type { DaemonUnit, HostLibvirt } from '../../node/index.ts'
import { dropInPath } from './drop-in.ts'
import { dropInPaths, showBlocks } from './show-output.ts'
import type { Shown } from './show-output.ts'
import type { Systemctl } from './systemctl.ts'

/** libvirt's units on a host, by name, as systemd shows them. */
export type HostUnits = ReadonlyMap<string, Shown>

const SHOWN = [
  'Id',
  'LoadState',
  'ActiveState',
  'UnitFileState',
  'MainPID',
  'KillMode',
  'ExecStop',
  'ExecStopPost',
  'RuntimeDirectory',
  'RuntimeDirectoryPreserve',
  'PrivateTmp',
  'DropInPaths',
]

/** Of either kind of libvirt: while a release has taken over from one, the other must not start either. */
const UNITS: readonly string[] = [...HOST_LIBVIRTS.flatMap(unitsOf), LIBVIRT_GUESTS]

export function unitsOf(libvirt: HostLibvirt): readonly string[] {
  return [...servicesOf(libvirt), ...socketsOf(libvirt)]
}

export function servicesOf({ daemons }: HostLibvirt): readonly string[] {
  return daemons.map(({ service }) => service)
}

export function socketsOf({ daemons }: HostLibvirt): readonly string[] {
  return daemons.flatMap(({ sockets }) => sockets)
}

/** The daemon with the driver of QEMU. */
export function mainOf({ service, daemons }: HostLibvirt): HostLibvirt['daemons'][number] {
  const main = daemons.find((daemon) => daemon.service === service)
  if (main === undefined) throw new Error(`${service} is none of its daemons`)
  return main
}

/** Those that there are. */
export async function readHostUnits(systemctl: Systemctl): Promise<HostUnits> {
  const text = await systemctl(['show', `--property=${SHOWN.join(',')}`, '--', ...UNITS])
  const shown = showBlocks(text).map((one) => [value(one, 'Id'), one] as const)
  return new Map(shown.filter(([, one]) => value(one, 'LoadState') !== 'not-found'))
}

/** Of the units that can act, one that systemd would start in spite of Anneal; undefined where there is none. */
export function firstArmed(units: HostUnits): string | undefined {
  return actingUnits(units).find((unit) => !isDisarmed(units, unit))
}

/** A masked unit cannot act, and has no drop-ins. */
export function actingUnits(units: HostUnits): readonly string[] {
  return [...units.keys()].filter((unit) => value(units.get(unit), 'LoadState') !== 'masked')
}

export function isDisarmed(units: HostUnits, unit: string): boolean {
  const shown = units.get(unit)
  return shown !== undefined && dropInPaths(shown).includes(dropInPath(unit))
}

export function isUp(units: HostUnits, unit: string): boolean {
  return /^(active|activating|reloading)$/.test(value(units.get(unit), 'ActiveState'))
}

/** A unit of another libvirt of the host that runs or listens: undefined where there is none. */
export function rivalOf(libvirt: HostLibvirt, units: HostUnits): string | undefined {
  return HOST_LIBVIRTS.filter((other) => other !== libvirt)
    .flatMap(unitsOf)
    .find((unit) => isUp(units, unit))
}

export function daemonUnit(units: HostUnits, service: string): DaemonUnit {
  const shown = units.get(service)
  return {
    loadState: value(shown, 'LoadState'),
    killMode: value(shown, 'KillMode'),
    stops: ['ExecStop', 'ExecStopPost']
      .flatMap((name) => shown?.values.get(name) ?? [])
      .filter((line) => line !== ''),
    runtimeDirectories: value(shown, 'RuntimeDirectory')
      .split(' ')
      .filter((word) => word !== ''),
    preservesRuntimeDirectories: value(shown, 'RuntimeDirectoryPreserve') === 'yes',
    hasPrivateTmp: !/^(no)?$/.test(value(shown, 'PrivateTmp')),
  }
}

export function value(shown: Shown | undefined, name: string): string {
  return shown?.values.get(name)?.join(' ') ?? ''
}
