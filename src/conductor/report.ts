import { bytesOfHex } from '../core/index.ts'
import { raise } from './errors.ts'
import { parseLldpFrame } from './lldp.ts'
import { texts } from './texts.ts'
import type { DiskContent, DiskFacts, MachineReport, NicFacts } from './machine.ts'

const MOST_LINES = 4000
const MOST_DISKS = 256
/** Hexadecimal digits of a frame. */
const MOST_LLDP = 2 * 1600

/**
 * Reads the report of a deploy ramdisk (docs/deploy-protocol.md). Whoever is on the machines' network can send one: throws
 * RAMDISK_REPORT_INVALID for anything that is not in order.
 */
export function parseReport(text: string): MachineReport {
  const lines = text.split('\n').filter((line) => line !== '')
  if (lines.length > MOST_LINES) throw invalid(`it has more than ${MOST_LINES} lines`)
  const facts = new Map<string, string>()
  const nics: NicFacts[] = []
  const disks: DiskFacts[] = []
  const contents: DiskContent[] = []
  for (const line of lines) {
    const blank = line.indexOf(' ')
    const name = blank < 0 ? line : line.slice(0, blank)
    const value = blank < 0 ? '' : line.slice(blank + 1)
    if (name === 'nic') nics.push(nicOf(members(value)))
    else if (name === 'disk') disks.push(diskOf(members(value)))
    else if (name === 'holds') contents.push(contentOf(members(value)))
    else facts.set(name, value)
  }
  if (disks.length > MOST_DISKS) throw invalid(`it has more than ${MOST_DISKS} disks`)
  if (facts.get('version') !== '1') throw invalid(`its version is "${facts.get('version') ?? ''}", not 1`)
  const firmware = facts.get('firmware')
  if (firmware !== 'bios' && firmware !== 'uefi') throw invalid(`its firmware is "${firmware ?? ''}"`)
  const systemUuid = facts.get('system-uuid')
  return {
    firmware,
    architecture: facts.get('architecture') ?? 'x86_64',
    memoryMib: count(facts.get('memory-mib'), 'memory-mib'),
    cpus: count(facts.get('cpus'), 'cpus'),
    ...(systemUuid === undefined || systemUuid === '' ? {} : { systemUuid: systemUuid.toLowerCase() }),
    nics,
    disks,
    ...(facts.get('contents') === 'known' ? { contents } : {}),
  }
}

type Written = Readonly<Record<string, string>>

function members(text: string): Written {
  const found: Record<string, string> = Object.create(null) as Record<string, string>
  for (const word of text.split(' ').filter((one) => one !== '')) {
    const equals = word.indexOf('=')
    if (equals < 1) throw invalid(`"${word}" is not NAME=VALUE`)
    try {
      found[word.slice(0, equals)] = decodeURIComponent(word.slice(equals + 1))
    } catch {
      throw invalid(`"${word}" is not percent-encoded`)
    }
  }
  return found
}

function nicOf(said: Written): NicFacts {
  const mac = said['mac']?.toLowerCase() ?? ''
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) throw invalid(`"${mac}" is no MAC address`)
  const speed = Number(said['speed'])
  return {
    mac,
    name: said['name'] ?? '',
    carrier: said['carrier'] === '1',
    ...(Number.isInteger(speed) && speed > 0 ? { speedMbit: speed } : {}),
    ...lldpIn(said['lldp']),
  }
}

/** A switch that says what nobody understands keeps no machine from its deployment. */
function lldpIn(hex: string | undefined): Pick<NicFacts, 'lldp'> {
  if (hex === undefined || hex.length > MOST_LLDP || !/^([0-9a-f]{2})+$/i.test(hex)) return {}
  const lldp = parseLldpFrame(bytesOfHex(hex))
  return lldp === undefined ? {} : { lldp }
}

function diskOf(said: Written): DiskFacts {
  const name = said['name'] ?? ''
  if (!/^[a-z0-9]+$/.test(name)) throw invalid(`"${name}" is no name of a disk`)
  return {
    name,
    sizeBytes: count(said['bytes'], `bytes of ${name}`),
    sectorSizeBytes: said['sector'] === undefined ? 512 : count(said['sector'], `sector of ${name}`),
    rotational: said['rotational'] === '1',
    ...texts(said, {
      serial: 'serial',
      wwn: 'wwn',
      model: 'model',
      vendor: 'vendor',
      byPath: 'by-path',
      hctl: 'hctl',
    }),
    ...(said['erase'] === undefined ? {} : { eraseWays: waysIn(said['erase']) }),
  }
}

function waysIn(text: string): readonly string[] {
  return text.split(',').filter((one) => /^[a-z-]{1,40}$/.test(one))
}

function contentOf(said: Written): DiskContent {
  const { disk = '', on = '' } = said
  if (!/^[a-z0-9]+$/.test(disk) || !on.startsWith(disk)) {
    throw invalid(`what "${on}" of the disk "${disk}" holds is no content of a disk`)
  }
  return {
    disk,
    on,
    isUnclear: said['unclear'] === '1',
    ...texts(said, {
      type: 'type',
      label: 'label',
      uuid: 'uuid',
      partitionLabel: 'partlabel',
      partitionUuid: 'partuuid',
      volumeGroup: 'vg',
    }),
  }
}

function count(text: string | undefined, what: string): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw invalid(`${what} is "${text ?? ''}"`)
  return value
}

function invalid(why: string): Error {
  return raise('RAMDISK_REPORT_INVALID', { why })
}
