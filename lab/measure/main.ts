import { setTimeout as sleep } from 'node:timers/promises'
import { computeServices, Host, runLibvirt, startControl, startGuest, tickGaps, ticks } from '../index.ts'
import { guestFiles } from '../guest-files.ts'
import { say } from '../run.ts'
import { deployments } from './deploy.ts'

/**
 * `npm run lab:measure -- outage [RUNS]`: the phases of a libvirt upgrade, with a guest running.
 * `npm run lab:measure -- host`: a host from its images: up, libvirt, guest's first tick, control plane, memory.
 * `npm run lab:measure -- deploy [WAY …]`: deployments by Ironic, with the seconds of every state (deploy.ts).
 * Each brings its own host up and takes it down.
 */
const LIBVIRT = ['nova-libvirt:bookworm', 'nova-libvirt:bookworm-backports']

async function outage(runs: string): Promise<void> {
  const host = await Host.up({ name: 'measure', init: 'systemd', engine: 'docker', images: LIBVIRT })
  try {
    await runLibvirt(host, { name: 'libvirt', image: 'nova-libvirt:bookworm' })
    await startGuest(host, { name: 'measured', via: 'libvirt' })
    const node = '/opt/anneal/node_modules/.bin/node'
    const script = '/opt/anneal/lab/measure/libvirt-outage.ts'
    process.stdout.write(
      await host.must([node, '--disable-warning=ExperimentalWarning', script, runs], { timeoutMs: 900_000 }),
    )
    const gaps = tickGaps(await ticks(host, 'measured'))
    process.stdout.write(
      `guest over all of it: longest gap ${gaps.longestMs.toFixed(0)} ms, ticks lost ${gaps.lost}\n`,
    )
  } finally {
    await host.down()
  }
}

async function hostFromImages(): Promise<void> {
  await guestFiles()
  const images = [...LIBVIRT, 'nova-compute:bookworm', 'network-agent:bookworm', 'control:bookworm']
  const { lap, restart } = stopwatch()
  const host = await Host.up({ name: 'measure', init: 'systemd', engine: 'docker', images })
  try {
    lap('host up')
    await runLibvirt(host, { name: 'libvirt', image: 'nova-libvirt:bookworm' })
    lap('libvirt answers')
    await startGuest(host, { name: 'measured', via: 'libvirt' })
    lap('guest ticks (defined, started, booted)')
    process.stdout.write(
      (
        await host.sh('docker stats --no-stream --format "{{.Name}} {{.MemUsage}}"; free -m | sed -n 2p')
      ).trim(),
    )
    process.stdout.write('\n')
    restart()
    await startControl(host)
    lap('control plane ready')
    await host.sh(`docker run --detach --name compute --privileged --pid host --network host --volume /run/libvirt:/run/libvirt \
      --volume /var/lib/nova:/var/lib/nova --volume /etc/nova/nova.conf:/etc/nova/nova.conf:ro localhost/anneal/nova-compute:bookworm`)
    while ((await computeServices(host)).length === 0) await sleep(200)
    lap('nova-compute registered')
    process.stdout.write(
      (await host.sh('docker stats --no-stream --format "{{.Name}} {{.MemUsage}}"')).trim(),
    )
    process.stdout.write('\n')
  } finally {
    const before = performance.now()
    await host.down()
    say(`host down after ${((performance.now() - before) / 1000).toFixed(1)} s`)
  }
}

type Stopwatch = Readonly<{ restart: () => void; lap: (title: string) => void }>

/** Prints the seconds since the last lap or restart. */
function stopwatch(): Stopwatch {
  let last = performance.now()
  const restart = (): void => {
    last = performance.now()
  }
  return {
    restart,
    lap: (title) => {
      process.stdout.write(`${title.padEnd(44)} ${((performance.now() - last) / 1000).toFixed(1)} s\n`)
      restart()
    },
  }
}

const [what = 'host', ...words] = process.argv.slice(2)
if (what === 'outage') await outage(words[0] ?? '11')
else if (what === 'deploy') await deployments(...words)
else await hostFromImages()
