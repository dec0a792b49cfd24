import type { Finding } from '../finding.ts'
import type { KillSet } from '../kill-set/index.ts'
import { sameProcess } from '../process.ts'
import type { Process, ProcessTable } from '../process.ts'
import { executableName } from '../guests/index.ts'

/**
 * Programs that copy or rewrite a disk for nova-compute, and die with its container: an image from the cache, a snapshot, a
 * resize, a cold migration (nova/virt/libvirt/utils.py, nova/virt/images.py, libvirt/volume/remotefs.py).
 */
const PROGRAMS: readonly Readonly<{ name: string; verbs?: readonly string[] }>[] = [
  // The other verbs of qemu-img(1) read, and are over at once.
  { name: 'qemu-img', verbs: ['amend', 'commit', 'convert', 'create', 'dd', 'rebase', 'resize', 'snapshot'] },
  { name: 'rsync' },
  { name: 'scp' },
  { name: 'dd' },
]

/** Work on disks that would be cut short, in containers that are to be stopped. */
export function diskWork(killSets: readonly KillSet[], table: ProcessTable): readonly Finding[] {
  return killSets.flatMap(({ containerName, doomed }) =>
    doomed.flatMap((one): Finding[] => {
      const process = table.processes.find((candidate) => sameProcess(candidate, one))
      const work = process === undefined ? undefined : workOf(process)
      if (work === undefined) return []
      return [
        {
          code: 'DISK_WORK_UNDER_WAY',
          severity: 'refuse',
          subject: containerName,
          evidence: `${work} (pid ${one.pid}) would die with it, and leave a disk half written`,
          remedy: 'wait until it is done; `openstack server list --all-projects` shows the instance',
        },
      ]
    }),
  )
}

/** Program and verb; never its arguments, which may hold the key of a storage. */
function workOf(process: Process): string | undefined {
  const name = executableName(process)
  const known = PROGRAMS.find((program) => program.name === name)
  if (known === undefined) return undefined
  if (known.verbs === undefined) return name
  const verb = process.argv.slice(1).find((argument) => known.verbs?.includes(argument))
  return verb === undefined ? undefined : `${name} ${verb}`
}
