import type { PortSpec } from './container-spec.ts'
import { raise } from './errors.ts'
import type { Path } from './problem.ts'
import { parseInteger } from './quantities.ts'
import { itemReader } from './reader.ts'
import type { MapReader, Reading } from './reader.ts'
import type { Tree } from './tree.ts'
import { compareText, listOf, shown, textOf } from './tree.ts'

/** `[address:][published:]target[/protocol]`; an IPv6 address stands in brackets. */
const SHORT =
  /^(?:(\[[0-9a-fA-F:]+\]|\d{1,3}(?:\.\d{1,3}){3}):)?(?:(\d{1,5}(?:-\d{1,5})?)?:)?(\d{1,5}(?:-\d{1,5})?)(?:\/([a-z]+))?$/

/** The service's `ports`, one for each single port, sorted. */
export function readPorts(service: MapReader): readonly PortSpec[] {
  const { reading } = service
  const ports = listOf(service.get('ports')).flatMap((item, index) => {
    const path = [...service.at('ports'), index]
    const long = itemReader(item, path, reading)
    return long === undefined ? shortPort(item, path, reading) : longPort(long)
  })
  return ports.toSorted((a, b) => compareText(sortKey(a), sortKey(b)))
}

function sortKey(port: PortSpec): string {
  return [
    port.hostIp,
    String(port.published).padStart(5, '0'),
    String(port.target).padStart(5, '0'),
    port.protocol,
  ].join(' ')
}

function shortPort(item: Tree, path: Path, reading: Reading): readonly PortSpec[] {
  const match = SHORT.exec(textOf(item) ?? '')
  if (match === null) return bad(path, reading, 'it is not [address:][host port:]container port[/protocol]')
  const [, ip = '', published, target = '', protocol = 'tcp'] = match
  return spread(path, reading, { hostIp: ip.replace(/^\[|\]$/g, ''), published, target, protocol })
}

function longPort(port: MapReader): readonly PortSpec[] {
  const { path, reading } = port
  const mode = port.get('mode')
  if (mode !== undefined && mode !== 'host')
    return bad(path, reading, `its mode "${shown(mode)}" needs a swarm`)
  return spread(path, reading, {
    hostIp: textOf(port.get('host_ip')) ?? '',
    published: textOf(port.get('published')),
    target: textOf(port.get('target')) ?? '',
    protocol: textOf(port.get('protocol')) ?? 'tcp',
  })
}

type Spelled = Readonly<{ hostIp: string; published: string | undefined; target: string; protocol: string }>

/** Ranges are written out. A port without a published one is refused: the engine would choose another each time. */
function spread(path: Path, reading: Reading, spelled: Spelled): readonly PortSpec[] {
  const targets = range(spelled.target)
  if (targets === undefined) return bad(path, reading, 'its container port is not between 1 and 65535')
  if (!['tcp', 'udp', 'sctp'].includes(spelled.protocol))
    return bad(path, reading, `"${spelled.protocol}" is no protocol`)
  if (spelled.published === undefined || spelled.published === '') {
    return bad(path, reading, 'it names no host port, so the engine would choose another one at each upgrade')
  }
  const published = range(spelled.published)
  if (published === undefined) return bad(path, reading, 'its host port is not between 1 and 65535')
  if (published.length !== targets.length) return bad(path, reading, 'its two ranges differ in length')
  return targets.map((target, index) => ({
    hostIp: spelled.hostIp,
    published: published[index] ?? target,
    target,
    protocol: spelled.protocol as PortSpec['protocol'],
  }))
}

function range(text: string): readonly number[] | undefined {
  const [first, last = first, more] = text.split('-').map((part) => parseInteger(part))
  if (first === undefined || last === undefined || more !== undefined) return undefined
  if (first < 1 || last > 65_535 || first > last || last - first > 1024) return undefined
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function bad(path: Path, reading: Reading, what: string): readonly PortSpec[] {
  reading.problems.add(path, raise('PORT_INVALID', { what }))
  return []
}
