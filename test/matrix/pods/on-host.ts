/** The cells of one containerd, on the host that this runs on: a JSON line for what it is, then one for each cell. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { run, startContainerd, startKubelet } from '../../../lab/index.ts'
import { KUBELET_CAUSES, POD_CAUSES } from './causes.ts'
import { guestPrograms } from './guests.ts'
import { mountedHierarchies } from './hierarchies.ts'
import { PID_MODES } from './pod.ts'
import type { PidMode } from './pod.ts'
import { runRound } from './round.ts'

const { values } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'runc' },
    driver: { type: 'string', default: 'cgroupfs' },
    mode: { type: 'string', multiple: true },
    cause: { type: 'string', multiple: true },
    kubelet: { type: 'string' },
  },
})

const say = (value: unknown): unknown => process.stdout.write(`${JSON.stringify(value)}\n`)
const driver = values.driver === 'systemd' ? 'systemd' : 'cgroupfs'
const systemd = readFileSync('/proc/1/comm', 'utf8').trim() === 'systemd'
const { runtime } = values
// Shims are found by the path of the socket: it must be nobody else's, also where /run is another's.
const directory = mkdtempSync('/run/pods-')
const containerd = await startContainerd({ directory, runtime, driver })
try {
  const hierarchies = mountedHierarchies().map(({ name }) => (name === '' ? 'v2' : name))
  const versions = await run([
    'sh',
    '-c',
    `containerd --version | cut -d" " -f3; ${runtime} --version | sed -n 1p; uname -r; systemctl --version | sed -n "1s/ (.*//p"`,
  ])
  const [version = '', oci = '', kernel = '', init = ''] = versions.stdout.trim().split('\n')
  say({ containerd: version, runtime: oci, driver, kernel, systemd: systemd ? init : 'none', hierarchies })
  const programs = await guestPrograms(directory)
  const kubelet =
    values.kubelet === undefined
      ? undefined
      : await startKubelet({ program: values.kubelet, directory: join(directory, 'kubelet'), containerd })
  const stage = {
    containerd,
    driver,
    systemd,
    programs,
    state: join(directory, 'state'),
    ...(kubelet && { kubelet }),
  } as const
  const causes = kubelet === undefined ? POD_CAUSES : KUBELET_CAUSES
  try {
    const modes = (Object.keys(PID_MODES) as PidMode[]).filter((one) => values.mode?.includes(one) ?? true)
    for (const mode of modes) {
      for (const cause of causes.filter(({ name }) => values.cause?.includes(name) ?? true)) {
        for (const cell of await runRound(stage, mode, cause)) say(cell)
      }
    }
  } finally {
    await kubelet?.close()
  }
} finally {
  await containerd.close()
  rmSync(directory, { recursive: true, force: true })
}
