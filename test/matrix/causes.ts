import { setTimeout as sleep } from 'node:timers/promises'
import type { ComputeHost, NestedEngine } from '../../lab/index.ts'

/** What ends the container. */
export const CAUSES = ['stop', 'rm -f', 'kill', 'engine stopped', 'shim killed'] as const

export type Cause = (typeof CAUSES)[number]

/** The same in words of `anneal node kill-set --cause`. */
export const CAUSE_FLAG: Readonly<Record<Cause, string>> = {
  stop: 'stop',
  'rm -f': 'remove',
  kill: 'kill',
  'engine stopped': 'engine-stopped',
  'shim killed': 'shim-killed',
}

/** After the container is gone its runtime may still be cleaning up: what was going to be killed is dead by then. */
const SETTLE_MS = 2500
/** containerd deletes what a dead shim leaves in its own time. */
const SHIM_SETTLE_MS = 6000
const EFFECT_TIMEOUT_MS = 60_000

/** Does it for real, and waits until it has taken effect. Says what became of the container. */
export async function inflict(
  host: ComputeHost,
  engine: NestedEngine,
  container: string,
  cause: Cause,
): Promise<string> {
  const main = Number((await host.must([engine, 'inspect', '--format', '{{.State.Pid}}', container])).trim())
  switch (cause) {
    case 'stop':
      await host.must([engine, 'stop', '--time', '10', container])
      await untilDead(host, main)
      await sleep(SETTLE_MS * host.slowness)
      return 'stopped'
    case 'rm -f':
      await host.must([engine, 'rm', '--force', container])
      await untilDead(host, main)
      await sleep(SETTLE_MS * host.slowness)
      return 'removed'
    case 'kill':
      await host.must([engine, 'kill', '--signal', 'KILL', container])
      await untilDead(host, main)
      await sleep(SETTLE_MS * host.slowness)
      return 'killed'
    case 'engine stopped':
      await stopEngine(host, engine)
      await sleep(SETTLE_MS * host.slowness)
      return (await alive(host, main)) ? 'runs on' : 'stopped with the engine'
    case 'shim killed': {
      const shim = await shimOf(host, engine, container, main)
      await host.must(['kill', '-KILL', String(shim)])
      await sleep(SHIM_SETTLE_MS * host.slowness)
      // Only Docker's containerd ends a container that has lost its shim.
      if (engine === 'docker') await untilDead(host, main)
      return (await alive(host, main)) ? 'runs on' : 'ended with its shim'
    }
  }
}

export async function startEngine(host: ComputeHost, engine: NestedEngine): Promise<void> {
  const start =
    host.spec.init === 'plain'
      ? `plain-engine start ${engine}`
      : `systemctl start ${engine === 'docker' ? 'docker.service' : 'podman.socket'}`
  await host.sh(
    `${start}; for n in $(seq ${300 * host.patience}); do ${engine} info >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1`,
  )
}

async function stopEngine(host: ComputeHost, engine: NestedEngine): Promise<void> {
  if (host.spec.init === 'plain') await host.must(['plain-engine', 'stop', engine])
  // The socket too: a client would start the service again.
  else await host.must(['systemctl', 'stop', `${engine}.socket`, `${engine}.service`])
}

/** containerd-shim is the parent of the container's first process; of conmon Podman knows the pid. */
async function shimOf(
  host: ComputeHost,
  engine: NestedEngine,
  container: string,
  main: number,
): Promise<number> {
  const pid =
    engine === 'docker'
      ? await host.must(['ps', '-o', 'ppid=', '-p', String(main)])
      : await host.must(['podman', 'inspect', '--format', '{{.State.ConmonPid}}', container])
  const name = (await host.must(['ps', '-o', 'comm=', '-p', pid.trim()])).trim()
  if (!/^(containerd-shim|conmon)/.test(name)) {
    throw new Error(`the parent of container ${container} is ${name} (pid ${pid.trim()}), no shim`)
  }
  return Number(pid)
}

async function alive(host: ComputeHost, pid: number): Promise<boolean> {
  const state = await host.exec(['ps', '-o', 'stat=', '-p', String(pid)])
  return state.exitCode === 0 && !state.stdout.trim().startsWith('Z')
}

async function untilDead(host: ComputeHost, pid: number): Promise<void> {
  const script = `for n in $(seq ${(EFFECT_TIMEOUT_MS * host.patience) / 200}); do
    state=$(ps -o stat= -p ${pid}) || exit 0
    case $state in Z*) exit 0 ;; esac
    sleep 0.2
  done
  echo "the container's first process ${pid} outlived its end" >&2; exit 1`
  await host.sh(script, { timeoutMs: 2 * EFFECT_TIMEOUT_MS * host.patience })
}
