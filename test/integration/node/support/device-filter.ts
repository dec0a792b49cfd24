import type { ComputeHost } from '../../../../lab/index.ts'

/** Which of these files of /dev a process in the guest's cgroup (v2) may open. */
export async function openableDevices(
  host: ComputeHost,
  guest: Readonly<{ pid: number }>,
  names: readonly string[],
): Promise<Readonly<Record<string, boolean>>> {
  const script = `line=$(grep ^0: /proc/$1/cgroup); group=\${line#0::}; group=\${group%/emulator}
    echo $$ >"/sys/fs/cgroup$group/cgroup.procs"
    shift; for name; do if (: <"/dev/$name") 2>&-; then echo "$name yes"; else echo "$name no"; fi; done`
  const answer = await host.must(['bash', '-euc', script, 'bash', String(guest.pid), ...names])
  const lines = answer.trim().split('\n')
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0] ?? '', line.endsWith(' yes')] as const))
}
