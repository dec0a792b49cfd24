/** What the arguments of a QEMU process tell of the guest. */
export type QemuCommandLine = Readonly<{
  /** `-name guest=…`, with doubled commas undone; empty where there is none. */
  name: string
  /** Lower case; empty where there is none. */
  uuid: string
  /** libvirt's domain id, from the guest's own directory (`…/domain-1-vm/…`). */
  domainId: number | undefined
  /** Started to ask QEMU what it can do (`-machine none`): it has no guest. */
  probe: boolean
  /** Files that character devices write to, as QEMU sees them. */
  consoleFiles: readonly string[]
  /** Some character device writes to a descriptor that libvirt opened (`/dev/fdset/N`). */
  writesToFdset: boolean
  /** The options are those of a QEMU, whatever the program is called: several of them that no other program has. */
  emulates: boolean
  /** Started by the system's libvirt (`qemu:///system`): its files are in `/var/lib/libvirt/qemu/domain-…`. */
  ofSystemLibvirt: boolean
  /** It has a device whose other half is a process beside it (vhost-user). */
  usesVhostUser: boolean
}>

/** Options of QEMU (qemu(1)) that other programs do not have together. */
const TELLING = new Set(
  [
    'machine',
    'accel',
    'chardev',
    'blockdev',
    'drive',
    'netdev',
    'device',
    'nodefaults',
    'no-user-config',
  ].concat(['enable-kvm', 'smp', 'mon', 'qmp', 'incoming', 'boot', 'object', 'M']),
)
const TELLING_ENOUGH = 3

const NO_QEMU: QemuCommandLine = {
  name: '',
  uuid: '',
  domainId: undefined,
  probe: false,
  consoleFiles: [],
  writesToFdset: false,
  emulates: false,
  ofSystemLibvirt: false,
  usesVhostUser: false,
}

/**
 * Reads argv of a QEMU. Options may have one or two dashes (qemu(1)); their values are `key=value` lists in which a
 * comma within a value is doubled, or JSON objects, which libvirt prefers where QEMU takes them.
 */
export function parseQemuCommandLine(argv: readonly string[]): QemuCommandLine {
  const options = new Set(
    argv.filter((argument) => argument.startsWith('-')).map((option) => option.replace(/^--?/, '')),
  )
  const telling = [...options].filter((option) => TELLING.has(option)).length
  // Most processes of a node are no QEMU.
  if (telling === 0 && !options.has('name') && !options.has('uuid')) return NO_QEMU
  const values = (option: string): readonly Settings[] =>
    argv.flatMap((argument, index) => {
      const value = argv[index + 1]
      return value !== undefined && argument.replace(/^--?/, '-') === `-${option}`
        ? [parseSettings(value)]
        : []
    })
  const name = values('name')[0]
  const machine = [...values('machine'), ...values('M')][0]
  const chardevs = values('chardev')
  const files = chardevs.flatMap((chardev) => [
    chardev['backend'] === 'file' || chardev[''] === 'file' ? (chardev['path'] ?? chardev['out']) : undefined,
    chardev['logfile'],
  ])
  const named = files.filter((file) => file !== undefined)
  const directory = argv
    .map((argument) => /\/domain-(\d+)-[^/]*\//.exec(argument)?.[1])
    .find((id) => id !== undefined)
  return {
    name: name?.['guest'] ?? name?.[''] ?? '',
    uuid: (values('uuid')[0]?.[''] ?? '').toLowerCase(),
    domainId: directory === undefined ? undefined : Number(directory),
    probe: (machine?.['type'] ?? machine?.['']) === 'none',
    consoleFiles: [
      ...new Set(named.filter((file) => !file.startsWith('/dev/fdset/') && file !== '/dev/null')),
    ],
    writesToFdset: named.some((file) => file.startsWith('/dev/fdset/')),
    emulates: telling >= TELLING_ENOUGH,
    ofSystemLibvirt: argv.some((argument) => argument.includes('/lib/libvirt/qemu/domain-')),
    usesVhostUser: argv.some((argument) => argument.includes('vhost-user')),
  }
}

/** The first word without a key has key ``. */
type Settings = Readonly<Record<string, string>>

function parseSettings(value: string): Settings {
  if (value.startsWith('{')) return parseJsonSettings(value)
  const settings: Record<string, string> = {}
  // argv holds no NUL, so it can stand for the commas of values while the others divide.
  for (const [index, part] of value.replaceAll(',,', '\0').split(',').entries()) {
    const text = part.replaceAll('\0', ',')
    const equals = text.indexOf('=')
    if (equals < 0) settings[index === 0 ? '' : text] = index === 0 ? text : 'on'
    else settings[text.slice(0, equals)] = text.slice(equals + 1)
  }
  return settings
}

function parseJsonSettings(value: string): Settings {
  const settings: Record<string, string> = {}
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return
    for (const [key, member] of Object.entries(node)) {
      if (typeof member === 'string') settings[key === 'type' ? 'backend' : key] = member
      else visit(member)
    }
  }
  try {
    visit(JSON.parse(value))
  } catch {
    return {}
  }
  return settings
}
