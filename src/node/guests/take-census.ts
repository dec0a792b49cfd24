import type { Census, Guest, Helper, Identity } from './census.ts'
import type { CloserLook } from './closer-look.ts'
import type { Container } from '../container.ts'
import { findMachines, hasIdentity } from './find-machines.ts'
import type { Machine } from './find-machines.ts'
import { guestCgroup } from './guest-cgroup.ts'
import { machineOfScope, shortName } from './machine-name.ts'
import type { Process, ProcessTable } from '../process.ts'
import type { QemuCommandLine } from './qemu-command-line.ts'
import { executableName, executablePath, isLibvirt, recogniseHelper } from './recognise-helper.ts'
import { LABELS } from '../release/index.ts'
import type { StatusFile } from './status-file.ts'

export type CensusSources = Readonly<{
  table: ProcessTable
  /** libvirt's status files; none where libvirt's directory is not there. */
  statusFiles: readonly StatusFile[]
  /** What is known of some processes apart from the table: of each that a stop would end. */
  looks?: readonly CloserLook[]
  /** Pids that systemd-machined names as leaders of libvirt's machines, in the host's pid namespace. */
  machineLeaders?: readonly number[]
  /** Containers of the engine, running or not: they tell which release a process runs from. */
  containers: readonly Container[]
  /** Helpers that a release declares: basename of the executable, and texts that must occur in the arguments. */
  declared: readonly Readonly<{ exe: string; argv: readonly string[] }>[]
}>

/**
 * Who is there: every guest and every process a guest needs. Any one witness makes a process a guest (`Witness`), so the
 * census is whole also while no libvirt runs, and whatever the emulator is called. A virtual machine without libvirt's
 * identity is of kind `machine`, where it runs from a container of the engine or was looked at closer: one that nothing
 * of this upgrade touches may end as its user likes.
 */
export function takeCensus(sources: CensusSources): Census {
  const machines = findMachines(sources)
  const found = machines.flatMap((machine): Found[] => {
    const guest = toGuest(machine, sources.containers)
    if (guest === undefined) return []
    const { process, line, file } = machine
    const argvPaths = new Set(pathsIn(process.argv))
    const socketPaths = new Set([...argvPaths, ...pathsInXml(file?.xml ?? '')])
    const cgroups = new Set(process.cgroups.flatMap(({ path }) => guestCgroup(path) ?? []))
    return [{ process, line, guest, cgroups, argvPaths, socketPaths }]
  })
  const files = new Set(machines.map(({ file }) => file))
  return {
    guests: found.map(({ guest }) => guest),
    helpers: findHelpers(sources, machines, found),
    stale: sources.statusFiles.filter((file) => !files.has(file)).map((file) => file.name),
  }
}

type Found = Readonly<{
  process: Process
  line: QemuCommandLine
  guest: Guest
  /** The parts of its cgroups that are its own. */
  cgroups: ReadonlySet<string>
  /** Paths that its command line names. */
  argvPaths: ReadonlySet<string>
  /** Paths of sockets that it may use, also of devices that it was given later: those libvirt's status file names. */
  socketPaths: ReadonlySet<string>
}>

/** undefined where neither the command line nor libvirt says which guest it is. */
function toGuest(
  { process, line, file, witnesses }: Machine,
  containers: readonly Container[],
): Guest | undefined {
  if (!hasIdentity(line) && file === undefined) return undefined
  const owner = ownerOf(process, containers)
  const release = owner?.labels[LABELS.release]
  const domainId = file?.domainId ?? line.domainId
  const machine = machineOf(process)
  const seenByQemu = [...new Set([...line.consoleFiles, ...(file?.consoleLogs ?? [])])]
  const throughLogd = line.writesToFdset && (file?.stdioLogd ?? process.stdout?.startsWith('pipe:') ?? false)
  return {
    uuid: hasIdentity(line) ? line.uuid : (file?.uuid ?? ''),
    name: hasIdentity(line) ? line.name : (file?.name ?? ''),
    identity: identityOf(process),
    witnesses,
    emulator: process.exe,
    consoleLogs: seenByQemu.map((path) => onHost(path, owner)),
    consoleBackend: throughLogd ? 'logd' : seenByQemu.length > 0 || line.writesToFdset ? 'file' : 'none',
    ...(owner === undefined ? {} : { ownerContainer: owner.id }),
    ...(release === undefined ? {} : { ownerRelease: release }),
    ...(domainId === undefined ? {} : { domainId }),
    ...(machine === undefined ? {} : { machine }),
  }
}

function findHelpers(
  sources: CensusSources,
  machines: readonly Machine[],
  found: readonly Found[],
): readonly Helper[] {
  const guestPids = new Set(found.map(({ process }) => process.pid))
  const others = new Map(machines.map((machine) => [machine.process.pid, machine]))
  const looks = new Map(sources.looks?.map((look) => [look.pid, look]))
  const byPid = new Map(sources.table.processes.map((process) => [process.pid, process]))
  return sources.table.processes.flatMap((process): Helper[] => {
    if (guestPids.has(process.pid)) return []
    const owner = ownerOf(process, sources.containers)
    const helper = (kind: Helper['kind'], guests: readonly string[]): Helper[] => [
      {
        kind,
        name: executableName(process),
        identity: identityOf(process),
        guests,
        ...(owner === undefined ? {} : { ownerContainer: owner.id }),
      },
    ]
    const machine = others.get(process.pid)
    if (machine !== undefined && (owner !== undefined || looks.has(process.pid)))
      return helper('machine', []).map((one) => ({ ...one, witnesses: machine.witnesses }))
    // Nobody needs anything where no virtual machine runs.
    if (machines.length === 0) return []
    if (isDeclared(process, sources.declared)) return helper('declared', [])
    if (found.length === 0) return []
    const tied = (): readonly string[] =>
      uuidsOf(found.filter((one) => isTied(process, looks.get(process.pid), one, byPid)))
    const rule = recogniseHelper(process)
    switch (rule?.serves) {
      case 'all':
        return helper(rule.kind, [])
      case 'logged': {
        const logged = found.filter(({ guest }) => guest.consoleBackend === 'logd')
        return logged.length === 0 ? [] : helper(rule.kind, uuidsOf(logged))
      }
      case 'vhostUser': {
        const users = found.filter(({ line }) => line.usesVhostUser)
        return users.length === 0 ? [] : helper(rule.kind, uuidsOf(users))
      }
      case 'tied':
        // One that cannot be tied to a guest may belong to any of them.
        return helper(rule.kind, tied())
      case 'onlyTied':
        return tied().length === 0 ? [] : helper(rule.kind, tied())
      case undefined:
        return unnamedHelper(process, looks.get(process.pid), found, helper)
    }
  })
}

/** What a guest needs by where it is or what it holds, whatever its name; libvirt itself is what is replaced. */
function unnamedHelper(
  process: Process,
  look: CloserLook | undefined,
  found: readonly Found[],
  helper: (kind: Helper['kind'], guests: readonly string[]) => Helper[],
): Helper[] {
  if (isLibvirt(process)) return []
  // Most processes of a node are in no guest's cgroup, and hold no socket with a name.
  const mayBeMate = process.cgroups.some(({ path }) => guestCgroup(path) !== undefined)
  const servesFiles = look?.opens.some(({ kind }) => kind === 'fuse') === true
  if (!mayBeMate && !servesFiles && look?.sockets === undefined) return []
  const mates = found.filter((one) => sharesGuestCgroup(process, one))
  if (mates.length > 0) return helper('companion', uuidsOf(mates))
  // Which of the guests have a disk in it cannot be told: each has mounts of its own.
  if (servesFiles) return helper('file-system', [])
  const peers = found.filter((one) => holdsSocketOf(look, one))
  return peers.length === 0 ? [] : helper('peer', uuidsOf(peers))
}

function holdsSocketOf(look: CloserLook | undefined, { socketPaths }: Found): boolean {
  return look?.sockets?.some((path) => socketPaths.has(path)) === true
}

/** Whether `process` was started for this guest: by its UUID, a shared socket, its id and name, its cgroup, or by descent. */
function isTied(
  process: Process,
  look: CloserLook | undefined,
  found: Found,
  byPid: ReadonlyMap<number, Process>,
): boolean {
  const { process: qemu, guest, argvPaths } = found
  const paths = pathsIn(process.argv)
  const ownNames = guest.domainId === undefined ? [] : [`/${shortName(guest.domainId, guest.name)}-`]
  return (
    process.argv.some((argument) => argument.toLowerCase().includes(guest.uuid)) ||
    paths.some((path) => argvPaths.has(path)) ||
    paths.some((path) => ownNames.some((name) => path.includes(name) || `${path}-`.endsWith(name))) ||
    holdsSocketOf(look, found) ||
    sharesGuestCgroup(process, found) ||
    descendsFrom(process, qemu.pid, byPid)
  )
}

function sharesGuestCgroup(process: Process, { cgroups }: Found): boolean {
  return process.cgroups.some((line) => {
    const own = guestCgroup(line.path)
    return own !== undefined && cgroups.has(own)
  })
}

function descendsFrom(process: Process, ancestor: number, byPid: ReadonlyMap<number, Process>): boolean {
  // Bounded: a table read while processes come and go may hold a circle.
  let at: Process | undefined = process
  for (let depth = 0; at !== undefined && depth < 64; depth += 1) {
    if (at.ppid === ancestor) return true
    at = byPid.get(at.ppid)
  }
  return false
}

/** Absolute paths named in arguments, apart from devices and from the program's own path. */
function pathsIn(argv: readonly string[]): readonly string[] {
  return argv
    .slice(1)
    .flatMap((argument) => argument.split(/[,=:"\s]+/))
    .filter((word) => word.startsWith('/') && word.length > 1 && !word.startsWith('/dev/'))
}

/** Absolute paths in attributes of XML. */
function pathsInXml(xml: string): readonly string[] {
  return Array.from(xml.matchAll(/\b(?:socket|path|name)='(\/[^']+)'/g), ([, path]) => path ?? '')
}

function isDeclared(process: Process, declared: CensusSources['declared']): boolean {
  const exe = executableName(process)
  return declared.some(
    (pattern) =>
      (pattern.exe === exe || pattern.exe === executablePath(process)) &&
      pattern.argv.every((text) => process.argv.some((argument) => argument.includes(text))),
  )
}

function ownerOf(process: Process, containers: readonly Container[]): Container | undefined {
  if (process.rootUpperDir === undefined) return undefined
  return containers.find((container) => container.rootUpperDir === process.rootUpperDir)
}

/** A path of the container as the host has it, where a bind mount carries it out. */
function onHost(path: string, owner: Container | undefined): string {
  const mount = owner?.mounts
    .filter(({ type, target }) => type === 'bind' && (path === target || path.startsWith(`${target}/`)))
    .toSorted((a, b) => b.target.length - a.target.length)[0]
  return mount === undefined ? path : `${mount.source}${path.slice(mount.target.length)}`
}

function machineOf(process: Process): string | undefined {
  for (const line of process.cgroups) {
    if (line.hierarchy !== 0 && !line.controllers.includes('name=systemd')) continue
    const unit = guestCgroup(line.path)?.split('/').at(-1)
    const machine = unit === undefined ? undefined : machineOfScope(unit)
    if (machine !== undefined) return machine
  }
  return undefined
}

function identityOf(process: Process): Identity {
  const { pid, startTicks, exeInode, namespaces, cgroups } = process
  return { pid, startTicks, exeInode, namespaces, cgroups }
}

function uuidsOf(found: readonly Found[]): readonly string[] {
  return found.map(({ guest }) => guest.uuid)
}
