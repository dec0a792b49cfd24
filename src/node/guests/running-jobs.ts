import type { StatusFile } from './status-file.ts'

/** Something that libvirt does with a guest and that takes its time. */
export type GuestJob = Readonly<{
  guest: string
  /** In plain words: `a copy of disk vda`. */
  work: string
  /** What a person may do to end it. */
  remedy: string
}>

/**
 * What goes on with the guests, by libvirt's status files: an asynchronous job of the whole guest (enum
 * qemuDomainAsyncJob of libvirt's src/qemu/qemu_domainjob.c) and jobs of its disks (enum qemuBlockjobType of
 * qemu_blockjob.c). A disk's job outlives a restart of libvirt, but not always whoever waits for its end: Nova gives its
 * snapshot up, and the mirror stays.
 */
export function runningJobs(files: readonly StatusFile[]): readonly GuestJob[] {
  return files.flatMap((file) => {
    // What follows is the guest's own definition, with metadata of whatever form.
    const status = file.xml.slice(0, /<domain[\s>]/.exec(file.xml)?.index)
    const job = /<job\b[^>]*\basync='([^']+)'/.exec(status)?.[1]
    const whole: GuestJob[] =
      job === undefined || job === 'none'
        ? []
        : [
            {
              guest: file.name,
              work: ASYNC_WORK[job] ?? `a job of libvirt: ${job}`,
              remedy: `wait until it is done (\`virsh domjobinfo ${file.name}\`), or abort it`,
            },
          ]
    const others = [
      ...(isPausedBeforeReboot(status) ? [pausedReboot(file.name)] : []),
      ...(APPLIANCE.test(file.name) ? [ofClient(file.name)] : []),
    ]
    // A backup is both; the disks' part says nothing more.
    return [...whole, ...(job === 'backup' ? [] : diskJobs(file, status)), ...others]
  })
}

/**
 * `virsh reboot` by ACPI asks the guest to shut down, and libvirt notes that it resets the guest then (`<fakereboot/>`). The note
 * stays where the guest does not act on it. A libvirt that has such a guest back, and finds it paused by somebody, takes it for shut
 * down: it resets the guest and lets it run (qemuProcessReconnect in src/qemu/qemu_process.c, 7.0 to 11.3).
 */
function isPausedBeforeReboot(status: string): boolean {
  const root = /<domstatus\b[^>]*>/.exec(status)?.[0] ?? ''
  const paused = attribute(root, 'state') === 'paused' && attribute(root, 'reason') === 'user'
  return paused && /<fakereboot\s*\/>/.test(status)
}

function pausedReboot(guest: string): GuestJob {
  return {
    guest,
    work: 'a reboot that it has not done, and it is paused: a libvirt that has it back resets it and lets it run',
    remedy: `let it run (\`virsh resume ${guest}\`) until the switch is done`,
  }
}

/**
 * libguestfs starts its appliance so that libvirt ends it with the connection of the program that asked (VIR_DOMAIN_START_AUTODESTROY;
 * launch-libvirt.c). A status file does not say so; the name does.
 */
const APPLIANCE = /^guestfs-[0-9a-z]{16}$/

function ofClient(guest: string): GuestJob {
  return {
    guest,
    work: 'that of a program of libguestfs (virt-df, guestfish, virt-customize); it ends this appliance when the program’s connection is closed, as a switch closes it',
    remedy: 'wait until that program is done, or end it',
  }
}

function diskJobs(file: StatusFile, status: string): GuestJob[] {
  const jobs = Array.from(status.matchAll(/<blockjob\b([^>]*)>(?:\s*<disk\b([^>]*)>)?/g))
  if (jobs.length === 0 && /<blockjobs\b[^>]*\bactive='yes'/.test(status)) {
    return [{ guest: file.name, work: 'work on its disks', remedy: remedyOf(file.name, '') }]
  }
  return jobs.flatMap(([, attributes = '', disk = '']) => {
    const state = attribute(attributes, 'state')
    if (state !== undefined && OVER.has(state)) return []
    const target = attribute(disk, 'dst')
    const what = DISK_WORK[attribute(attributes, 'type') ?? ''] ?? 'work on'
    const ready = state === 'ready' ? ', which waits for its end (pivot or abort)' : ''
    const work = `${what} ${target === undefined ? 'a disk' : `disk ${target}`}${ready}`
    return [{ guest: file.name, work, remedy: remedyOf(file.name, target ?? '') }]
  })
}

function remedyOf(guest: string, disk: string): string {
  const command = `virsh blockjob ${guest} ${disk === '' ? 'DISK' : disk}`
  return `wait until it is done (\`${command} --info\`), or end it (\`${command} --abort\`); of Nova it is a snapshot or a volume that is moved (\`openstack server event list\`)`
}

function attribute(text: string, name: string): string | undefined {
  return new RegExp(`\\b${name}='([^']*)'`).exec(text)?.[1]
}

const ASYNC_WORK: Readonly<Record<string, string>> = {
  'migration out': 'a migration to another node',
  'migration in': 'a migration from another node',
  save: 'a save of its memory to a file (managed save or `virsh save`)',
  dump: 'a dump of its memory',
  snapshot: 'a snapshot',
  start: 'its start',
  backup: 'a backup of its disks',
}

const DISK_WORK: Readonly<Record<string, string>> = {
  copy: 'a copy of',
  pull: 'a pull into',
  commit: 'a commit of',
  'active-commit': 'a commit of',
  backup: 'a backup of',
  create: 'the creation of',
}

/** States of qemuBlockjobState in which nothing goes on any more. */
const OVER = new Set(['completed', 'failed', 'cancelled', 'concluded'])
