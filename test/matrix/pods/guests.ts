import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../../lab/index.ts'

/**
 * What Anneal takes for a guest, at the price of a shell: QEMU's name, libvirt's name and UUID on its command line, and
 * nothing to do but wait. It ends by a signal alone.
 */
const PROGRAM = `#!/bin/sh
read -r line <"\${0%/*}/never"
`

/** The first process of a container: starts the guests of its arguments, those after \`--\` in sessions of their own. */
const MAIN = `#!/bin/sh
session=
for uuid in "$@"; do
  if [ "$uuid" = -- ]; then session=setsid; continue; fi
  $session "\${0%/*}/qemu-system-x86_64" -name "guest=$uuid" -uuid "$uuid" </dev/null >/dev/null 2>&1 &
done
trap 'exit 0' TERM
sleep 1000000 &
wait
`

export type Alive = Readonly<{ pid: number; startTicks: number }>

/** A folder with the programs, to be mounted into containers under the same name. */
export async function guestPrograms(directory: string): Promise<string> {
  const folder = join(directory, 'guests')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of [
    ['qemu-system-x86_64', PROGRAM],
    ['main.sh', MAIN],
  ] as const) {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o755)
  }
  const never = join(folder, 'never')
  if (!existsSync(never)) await run(['mkfifo', never])
  return folder
}

/** Starts one outside of every container. */
export function startOutside(folder: string, uuid: string): void {
  const argv = ['-name', `guest=${uuid}`, '-uuid', uuid]
  spawn(join(folder, 'qemu-system-x86_64'), argv, { detached: true, stdio: 'ignore' }).unref()
}

/** The processes of these guests, once each of them runs. */
export async function findGuests(uuids: readonly string[]): Promise<ReadonlyMap<string, Alive>> {
  for (let look = 0; look < 600; look += 1) {
    const found = new Map<string, Alive>()
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const argv = read(`/proc/${pid}/cmdline`)?.split('\0') ?? []
      const uuid = argv[argv.indexOf('-uuid') + 1]
      // A fork of the container's shell has not yet become the guest.
      if (!argv.some((word) => word.endsWith('/qemu-system-x86_64')) || uuid === undefined) continue
      const one = processOf(Number(pid))
      if (one !== undefined && uuids.includes(uuid)) found.set(uuid, one)
    }
    if (found.size === uuids.length) return found
    await sleep(50)
  }
  throw new Error('the guests of a pod have not come up')
}

/** undefined where it has ended. */
export function processOf(pid: number): Alive | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined
  return { pid, startTicks: Number(fields[19]) }
}

export function isAlive(one: Alive): boolean {
  return processOf(one.pid)?.startTicks === one.startTicks
}

export function end(one: Alive): void {
  if (isAlive(one)) process.kill(one.pid, 'SIGKILL')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
