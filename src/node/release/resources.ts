import { raise } from './errors.ts'
import { parseInteger } from './quantities.ts'
import type { MapReader } from './reader.ts'
import type { ContainerShape } from './release.ts'
import { isMap, listOf, sortedRecord, sortedSet, textOf, textsOf } from './tree.ts'

/** capabilities(7), Linux 5.9 and later; an engine refuses every other name when it makes the container. */
const CAPABILITIES: ReadonlySet<string> = new Set(
  [
    'AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH',
    'FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN',
    'NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT',
    'SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM',
  ].flatMap((line) => line.split(' ')),
)

/** `NET_ADMIN`, `cap_net_admin` → `CAP_NET_ADMIN`. */
export function readCapabilities(service: MapReader, key: 'cap_add' | 'cap_drop'): readonly string[] {
  const names = textsOf(service.get(key)).flatMap((name, index) => {
    const bare = name.toUpperCase().replace(/^CAP_/, '')
    if (bare === 'ALL') return ['ALL']
    if (CAPABILITIES.has(bare)) return [`CAP_${bare}`]
    const data = {
      key: `${key}[${index}]`,
      expected: 'a capability of Linux',
      example: 'one name per item, as NET_ADMIN or CAP_NET_ADMIN (capabilities(7)), or ALL',
    }
    service.reading.problems.add([...service.at(key), index], raise('VALUE_INVALID', data))
    return []
  })
  return sortedSet(names)
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
