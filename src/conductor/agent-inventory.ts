import { bytesOfHex, isObject } from '../core/index.ts'
import { raise } from './errors.ts'
import { switchPortOf } from './lldp.ts'
import { texts } from './texts.ts'
import type { DiskFacts, MachineReport, NicFacts } from './machine.ts'

const MOST = 1000
const SECTOR_BYTES = 512

type Said = Readonly<Record<string, unknown>>

/**
 * The inventory of ironic-python-agent (`poll.get_hardware_info`, ironic_python_agent/hardware.py) as a report. Throws
 * AGENT_INVENTORY_INVALID. Disks that the agent names by another path than /dev/NAME are left out.
 */
export function parseAgentInventory(inventory: unknown): MachineReport {
  const all = objectOf(inventory, 'it')
  const cpu = objectOf(all['cpu'], 'cpu')
  const memory = objectOf(all['memory'], 'memory')
  const mode = isObject(all['boot']) ? all['boot']['current_boot_mode'] : undefined
  const physicalMib = memory['physical_mb']
  return {
    firmware: mode === 'uefi' ? 'uefi' : 'bios',
    architecture: textOf(cpu['architecture']) ?? 'x86_64',
    // Machines without DMI tables do not say what is plugged in.
    memoryMib:
      typeof physicalMib === 'number' && physicalMib > 0
        ? countOf(physicalMib, 'memory.physical_mb')
        : Math.floor(countOf(memory['total'], 'memory.total') / 2 ** 20),
    cpus: countOf(cpu['count'], 'cpu.count'),
    nics: listOf(all['interfaces'], 'interfaces').flatMap(nicOf),
    disks: listOf(all['disks'], 'disks').flatMap(diskOf),
  }
}

function nicOf(value: unknown): readonly NicFacts[] {
  const said = objectOf(value, 'an interface')
  const mac = textOf(said['mac_address'])?.toLowerCase() ?? ''
  // Interfaces that are not of Ethernet have other addresses.
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) return []
  const speed = said['speed_mbps']
  return [
    {
      mac,
      name: textOf(said['name']) ?? '',
      carrier: said['has_carrier'] === true,
      ...(typeof speed === 'number' && Number.isInteger(speed) && speed > 0 ? { speedMbit: speed } : {}),
      ...lldpIn(said['lldp']),
    },
  ]
}

/** Pairs of type and value in hexadecimal, where the agent was started with `ipa-collect-lldp=1`. */
function lldpIn(value: unknown): Pick<NicFacts, 'lldp'> {
  const parts = (Array.isArray(value) ? value : []).flatMap((one: unknown) => {
    const [type, hex] = Array.isArray(one) ? (one as readonly unknown[]) : []
    if (typeof type !== 'number' || typeof hex !== 'string' || !/^([0-9a-f]{2})*$/i.test(hex)) return []
    return [{ type, value: bytesOfHex(hex) }]
  })
  const lldp = switchPortOf(parts)
  return lldp === undefined ? {} : { lldp }
}

function diskOf(value: unknown): readonly DiskFacts[] {
  const said = objectOf(value, 'a disk')
  const name = /^\/dev\/([a-z0-9]+)$/.exec(textOf(said['name']) ?? '')?.[1]
  if (name === undefined) return []
  const sectors = Number(said['logical_sectors'] ?? SECTOR_BYTES)
  return [
    {
      name,
      sizeBytes: countOf(said['size'], `size of ${name}`),
      sectorSizeBytes: Number.isInteger(sectors) && sectors > 0 ? sectors : SECTOR_BYTES,
      rotational: said['rotational'] === true,
      ...texts(said, {
        serial: 'serial',
        wwn: 'wwn',
        model: 'model',
        vendor: 'vendor',
        byPath: 'by_path',
        hctl: 'hctl',
      }),
    },
  ]
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function countOf(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw invalid(`${what} is ${JSON.stringify(value ?? null)}`)
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${what} is no list`)
  if (value.length > MOST) throw invalid(`${what} has more than ${MOST} members`)
  return value as readonly unknown[]
}

function objectOf(value: unknown, what: string): Said {
  if (isObject(value)) return value
  throw invalid(`${what} is no object`)
}

function invalid(why: string): Error {
  return raise('AGENT_INVENTORY_INVALID', { why })
}
