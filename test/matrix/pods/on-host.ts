/** The cells of one containerd, on the host that this runs on: a JSON line for what it is, then one for each cell. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { run, startContainerd } from '../../../lab/index.ts'
import { POD_CAUSES } from './causes.ts'
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
  const stage = { containerd, driver, systemd, programs, state: join(directory, 'state') } as const
  const modes = (Object.keys(PID_MODES) as PidMode[]).filter((one) => values.mode?.includes(one) ?? true)
  for (const mode of modes) {
    for (const cause of POD_CAUSES.filter(({ name }) => values.cause?.includes(name) ?? true)) {
      for (const cell of await runRound(stage, mode, cause)) say(cell)
    }
  }
} finally {
  await containerd.close()
  rmSync(directory, { recursive: true, force: true })
}
