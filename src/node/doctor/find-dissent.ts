import type { Census, CloserLook, Guest, Helper, OpenFile, StatusFile, Witness } from '../guests/index.ts'
import type { Finding } from '../finding.ts'
import type { KillSet } from '../kill-set/index.ts'
import { sameProcess } from '../process.ts'
import type { ProcessId, ProcessTable } from '../process.ts'
import { executableName, parseQemuCommandLine } from '../guests/index.ts'

export type DissentInput = Readonly<{
  census: Census
  table: ProcessTable
  statusFiles: readonly StatusFile[]
  looks: readonly CloserLook[]
  /** Of the containers that are to stop and may take nobody with them. */
  killSets: readonly KillSet[]
  /** libvirt's own list; undefined where it does not answer. */
  domains: readonly Readonly<{ uuid: string; name: string; state: string }>[] | undefined
}>

/** Smaller processes with a tap or a disk open are tools that are over at once. */
const LARGE_BYTES = 64 * 1024 * 1024

/**
 * Where those who should know the guests do not agree on who is there. Nobody can be sure then that every guest is
 * counted, so an upgrade does not begin: a guest that is not counted would die unsaid.
 */
export function findDissent(input: DissentInput): readonly Finding[] {
  return [
    ...withoutProcess(input),
    ...ofAnotherProgram(input),
    ...runningTwice(input),
    ...unlisted(input),
    ...unknownMachines(input),
    ...containersOfLibvirt(input),
    ...unknownProcesses(input),
  ]
}

/** libvirt says that it runs, and there is no process. */
function withoutProcess({ census, domains, statusFiles }: DissentInput): readonly Finding[] {
  const missing = domains?.filter(
    (domain) => isActive(domain) && !census.guests.some((guest) => guest.uuid === domain.uuid),
  )
  return (missing ?? []).map((domain) => {
    const pid = statusFiles.find((file) => file.uuid === domain.uuid)?.pid
    return {
      severity: 'refuse' as const,
      code: 'GUEST_WITHOUT_PROCESS',
      subject: domain.name,
      evidence: `libvirt says that it is ${domain.state}, and no process is seen for it${pid === undefined ? '' : `; its status file names pid ${pid}, which is gone`}`,
      remedy: `see whether it runs (\`virsh domstate ${domain.name} --reason\`, \`virsh qemu-monitor-command ${domain.name} --hmp info status\`). Run this where every process of the host is seen; if the guest is gone, \`virsh destroy ${domain.name}\` ends what libvirt believes`,
    }
  })
}

/** libvirt's status file names a process that nobody else takes for a guest. */
function ofAnotherProgram({ census, looks, table }: DissentInput): readonly Finding[] {
  return census.guests.filter(isNamedByFileAlone).flatMap((guest): Finding[] => {
    const process = table.processes.find((candidate) => sameProcess(candidate, guest.identity))
    const look = looks.find((candidate) => sameProcess(candidate, guest.identity))
    if (process === undefined || look === undefined) return []
    return [
      {
        severity: 'refuse',
        code: 'GUEST_IS_ANOTHER_PROGRAM',
        subject: guest.name,
        evidence: `libvirt's status file says that it is pid ${process.pid}, which is "${executableName(process)}": by its options, by what the program holds and by what it has open it is no QEMU`,
        remedy: `find out what pid ${process.pid} is (\`ps -fp ${process.pid}\`) and whether the guest runs (\`virsh domstate ${guest.name} --reason\`); where it is gone, \`virsh destroy ${guest.name}\` clears its status file`,
      },
    ]
  })
}

/** One guest, two processes of which neither started the other: they write one disk. */
function runningTwice({ census, table }: DissentInput): readonly Finding[] {
  const byUuid = Map.groupBy(
    census.guests.filter((guest) => !isNamedByFileAlone(guest)),
    ({ uuid }) => uuid,
  )
  return [...byUuid.values()].flatMap((guests): Finding[] => {
    const [first, ...others] = guests
    if (first === undefined) return []
    const pids = guests.map(({ identity }) => identity.pid)
    const apart = others.some((other) => !isFamily(first.identity.pid, other.identity.pid, table))
    if (!apart) return []
    return [
      {
        severity: 'refuse',
        code: 'GUEST_RUNS_TWICE',
        subject: first.name,
        evidence: `processes ${pids.join(' and ')} both run it: a disk that two write is lost`,
        remedy: `libvirt holds one of them (\`virsh domstats ${first.name}\`, /run/libvirt/qemu/${first.name}.pid): end the other, and check the guest's file systems`,
      },
    ]
  })
}

/** It runs, of this node's libvirt or in a container that is to stop, and libvirt does not list it. */
function unlisted({ census, domains, killSets, table }: DissentInput): readonly Finding[] {
  if (domains === undefined) return []
  return census.guests.flatMap((guest): Finding[] => {
    const domain = domains.find((candidate) => candidate.uuid === guest.uuid)
    if (domain !== undefined && isActive(domain)) return []
    // A guest of a user's own libvirt, or of one in a container of another product, is not this libvirt's to list.
    if (!isDoomed(guest.identity, killSets) && !isOfHostsLibvirt(guest, table)) return []
    return [
      {
        severity: 'refuse',
        code: 'GUEST_UNLISTED',
        subject: guest.name,
        evidence: `it runs (pid ${guest.identity.pid}: ${words(guest)}), and libvirt ${domain === undefined ? 'does not know it' : `says that it is ${domain.state}`}`,
        remedy: `do not start it: a second QEMU would write the same disk. See why libvirt lost it (its log says "Unknown qemu capabilities flag" or names its status file); shut it down from within, or bring its status file back to /run/libvirt/qemu and restart libvirt`,
      },
    ]
  })
}

/** A virtual machine would die of which libvirt knows nothing. */
function unknownMachines({ census, killSets }: DissentInput): readonly Finding[] {
  return census.helpers
    .filter(({ kind, identity }) => kind === 'machine' && isDoomed(identity, killSets))
    .map((machine) => ({
      severity: 'refuse' as const,
      code: 'MACHINE_UNKNOWN',
      subject: machine.name,
      evidence: `pid ${machine.identity.pid} is a virtual machine (${words(machine)}) that libvirt did not start, and it would die`,
      remedy: `end or move it where it was started: \`ps -fp ${machine.identity.pid}\` shows its command line`,
    }))
}

/** A guest of libvirt's LXC driver (`lxc:///system`). Whether it survives was never shown, so nothing that runs libvirt is replaced. */
function containersOfLibvirt({ table }: DissentInput): readonly Finding[] {
  return table.processes
    .filter((process) => executableName(process) === 'libvirt_lxc')
    .map((process) => {
      const at = process.argv.indexOf('--name')
      const name = (at === -1 ? undefined : process.argv[at + 1]) ?? process.name
      return {
        severity: 'refuse' as const,
        code: 'GUEST_IS_CONTAINER',
        subject: name,
        evidence: `pid ${process.pid} is a guest of libvirt's LXC driver: Anneal keeps only QEMU's guests alive`,
        remedy: `shut it down (\`virsh -c lxc:///system shutdown ${name}\`), or run it on another node`,
      }
    })
}

/** It looks like what works for a virtual machine, would die, and nobody knows it. */
function unknownProcesses({ census, killSets, looks, table }: DissentInput): readonly Finding[] {
  const known = new Set([...census.guests, ...census.helpers].map(({ identity }) => identity.pid))
  return looks.flatMap((look): Finding[] => {
    const [first] = look.opens
    if (first === undefined || look.sizeBytes < LARGE_BYTES || known.has(look.pid)) return []
    // The first process of a container is the service itself: to stop it is what is asked for.
    const doomed = isDoomed(look, killSets, 'but the first process of a container')
    const process = table.processes.find((candidate) => sameProcess(candidate, look))
    if (!doomed || process === undefined) return []
    return [
      {
        severity: 'refuse',
        code: 'PROCESS_UNKNOWN',
        subject: executableName(process),
        evidence: `pid ${look.pid} would die, and has ${look.opens.map(wordOf).join(' and ')} open: it may be a virtual machine, or work for one, and no witness names it`,
        remedy: `find out what it is (\`ps -fp ${look.pid}\`). If guests need it, name it under \`x-anneal: helpers\` of the release; otherwise end it`,
      },
    ]
  })
}

function isOfHostsLibvirt({ identity }: Guest, table: ProcessTable): boolean {
  const process = table.processes.find((candidate) => sameProcess(candidate, identity))
  const namespace = process?.namespaces?.pid ?? table.hostPidNamespace
  return (
    process !== undefined &&
    namespace === table.hostPidNamespace &&
    parseQemuCommandLine(process.argv).ofSystemLibvirt
  )
}

function isActive({ state }: Readonly<{ state: string }>): boolean {
  return state !== 'shutoff' && state !== 'crashed' && state !== 'nostate'
}

/** Also where a journal of an earlier version does not say who named it. */
function isNamedByFileAlone({ witnesses }: Guest): boolean {
  return witnesses !== undefined && witnesses.every((witness) => witness === 'statusFile')
}

function isDoomed(
  id: ProcessId,
  killSets: readonly KillSet[],
  which: 'any' | 'but the first process of a container' = 'any',
): boolean {
  return killSets.some(({ doomed }) =>
    doomed.some(
      (one) => sameProcess(one, id) && (which === 'any' || !one.mechanisms.includes('mainProcess')),
    ),
  )
}

/** Whether one started the other, as a wrapper does that does not replace itself. */
function isFamily(a: number, b: number, table: ProcessTable): boolean {
  const parents = new Map(table.processes.map(({ pid, ppid }) => [pid, ppid]))
  const descends = (child: number, ancestor: number): boolean => {
    let at: number | undefined = child
    // Bounded: a reading in the middle of changes may hold a circle.
    for (let depth = 0; at !== undefined && depth < 16; depth += 1) {
      if (at === ancestor) return true
      at = parents.get(at)
    }
    return false
  }
  return descends(a, b) || descends(b, a)
}

function words({ witnesses = [] }: Pick<Guest | Helper, 'witnesses'>): string {
  return witnesses.length === 0
    ? 'named by an earlier version'
    : witnesses.map((one) => WITNESS[one]).join(', ')
}

const WITNESS: Readonly<Record<Witness, string>> = {
  program: 'by its program’s name',
  commandLine: 'by its options',
  content: 'by what its program holds',
  kvm: 'by the machine of KVM that it has open',
  monitor: 'by the socket by which libvirt controls it',
  statusFile: 'by libvirt’s status file',
  machined: 'by machined',
}

function wordOf({ kind, path }: OpenFile): string {
  return kind === 'disk' ? `the disk "${path}"` : kind === 'tap' ? `a network tap (${path})` : path
}
