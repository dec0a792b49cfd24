import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Suite } from '../host-arguments.ts'
import { Host } from '../host.ts'
import type { RunResult } from '../run.ts'

/** Runs a program on a host whose first process is systemd, with a busybox for the images of pods; the host goes afterwards. */
export async function systemdHostForPods(
  suite: Suite,
  cgroups: 'machine' | 'v2',
  program: readonly string[],
  timeoutMs: number,
): Promise<RunResult> {
  const name = `pods-${suite}${cgroups === 'v2' ? '-v2' : ''}`
  const spec = { name, suite, init: 'systemd', engine: 'docker', images: [] } as const
  const host = await Host.up(cgroups === 'v2' ? { ...spec, cgroups } : spec)
  try {
    copyFileSync('/bin/busybox', join(host.directory, 'etc-lab/busybox'))
    await host.must(['cp', '/etc/lab/busybox', '/bin/busybox'])
    return await host.exec(program, { timeoutMs })
  } finally {
    await host.down()
  }
}
