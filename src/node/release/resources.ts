import { raise } from './errors.ts'
import { parseInteger } from './quantities.ts'
import type { MapReader } from './reader.ts'
import type { ContainerShape } from './release.ts'
import type { Tree } from './tree.ts'
import { isMap, listOf, sortedRecord, sortedSet, textOf, textsOf } from './tree.ts'

/** `NET_ADMIN`, `cap_net_admin` → `CAP_NET_ADMIN`. */
export function capabilities(value: Tree | undefined): readonly string[] {
  return sortedSet(
    textsOf(value).map((name) => {
      const bare = name.toUpperCase().replace(/^CAP_/, '')
      return bare === 'ALL' ? bare : `CAP_${bare}`
    }),
  )
}

/** `host:container:permissions`, written out. */
export function readDevices(service: MapReader): readonly string[] {
  const devices = listOf(service.get('devices')).flatMap((item, index) => {
    const [source = '', target = source, permissions = 'rwm'] = isMap(item)
      ? [textOf(item['source']), textOf(item['target']), textOf(item['permissions'])]
      : (textOf(item) ?? '').split(':')
    const valid = source.startsWith('/') && target.startsWith('/') && /^[rwm]{1,3}$/.test(permissions)
    const order = ['r', 'w', 'm'].filter((letter) => permissions.includes(letter)).join('')
    if (valid) return `${source}:${target}:${order}`
    const data = {
      key: `devices[${index}]`,
      expected: 'a device file',
      example: '/dev/kvm or /dev/kvm:/dev/kvm:rw',
    }
    service.reading.problems.add([...service.at('devices'), index], raise('VALUE_INVALID', data))
    return []
  })
  return sortedSet(devices)
}

export function readUlimits(service: MapReader): ContainerShape['ulimits'] {
  const ulimits = service.inner('ulimits')
  const expected = ['a whole number', '65536 or -1'] as const
  return sortedRecord(
    Object.keys(ulimits.map).map((name) => {
      if (!isMap(ulimits.get(name))) {
        const both = ulimits.parsed(name, parseInteger, expected) ?? 0
        return [name, { soft: both, hard: both }] as const
      }
      const pair = ulimits.inner(name)
      const soft = pair.parsed('soft', parseInteger, expected) ?? 0
      return [name, { soft, hard: pair.parsed('hard', parseInteger, expected) ?? 0 }] as const
    }),
  )
}
