import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import {
  Host,
  byHandArguments,
  labDirectory,
  startGuest,
  tickGaps,
  ticks,
  waitForLibvirt,
} from '../lab/index.ts'
import type { Outage, RunReport } from '../src/runtime/index.ts'
import { median, pairedRatio, worst } from './statistics.ts'

/**
 * How long libvirt's API is away while it is replaced, and what a guest notices: an Anneal switch against
 * `docker stop && docker run`, against a bare restart of libvirtd inside one container, and against doing nothing.
 * Paired: every round does all of them. `npm run bench:outage -- [ROUNDS]`.
 */
const ROUNDS = Number(process.argv[2] ?? 10)
const GUEST = 'bench'
const IMAGE = 'nova-libvirt:bookworm'

type Sample = { outageMs: number; tickGapMs: number; wallMs: number }

const host = await Host.up({
  name: 'bench',
  init: 'systemd',
  engine: 'docker',
  machined: true,
  images: [IMAGE],
})
try {
  print(await measure())
} finally {
  await host.down()
}

async function measure(): Promise<{ samples: Record<string, Sample[]>; rollbacks: number[] }> {
  const releases = [await lock('one', '[libvirtd]'), await lock('two', '[libvirtd]')]
  const bad = await lock('bad', '[libvirtd, --config, /nonexistent]')
  await anneal(0, 'upgrade', releases[0] ?? '')
  await startGuest(host, { name: GUEST, via: await current(), console: 'logd' })
  const samples: Record<string, Sample[]> = { anneal: [], bare: [], dockerRun: [], idle: [] }
  const rollbacks: number[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const release = releases[round % 2] ?? ''
    samples['anneal']?.push(await sample(() => anneal(0, 'upgrade', release)))
    samples['idle']?.push(await sample(() => sleep(4000)))
    const failed = await anneal(6, 'upgrade', bad)
    rollbacks.push(wayBack(failed))

    // The same container by hand: first under a shell that starts libvirtd again, then stopped and run anew.
    await host.must(['docker', 'stop', await current()])
    await byHand('bare', ['sh', '-c', 'trap : TERM; while :; do nova-libvirt libvirtd & wait $!; done'])
    samples['bare']?.push(await sample(() => host.sh('kill -TERM "$(pgrep -x libvirtd)"; sleep 3')))
    await host.must(['docker', 'rm', '--force', 'bare'])
    await byHand('plain', ['libvirtd'])
    samples['dockerRun']?.push(
      await sample(async () => {
        await host.must(['docker', 'stop', 'plain'])
        await host.must(['docker', 'run', '--detach', ...runArguments('again', ['libvirtd'])])
        await waitForLibvirt(host, 'again', 'docker')
      }),
    )
    await host.sh('docker rm --force plain again >/dev/null')
    await anneal(0, 'recover')
    const line = Object.entries(samples).map(([name, list]) => `${name} ${list.at(-1)?.outageMs} ms`)
    process.stderr.write(`round ${round}/${ROUNDS}: ${line.join(', ')}, rollback ${rollbacks.at(-1)} ms\n`)
  }
  return { samples, rollbacks }
}

/** What libvirt's API and the guest's clock say of an act. */
async function sample(act: () => Promise<unknown>): Promise<Sample> {
  const before = (await ticks(host, GUEST)).length
  const pid = (
    await host.sh(
      'rm -f /run/meter.json /run/meter.json.ready; setsid /opt/anneal/node_modules/node/bin/node --disable-warning=ExperimentalWarning /opt/anneal/bench/meter.ts /run/meter.json >/dev/null 2>&1 & echo $!; until [ -e /run/meter.json.ready ]; do sleep 0.05; done',
    )
  ).trim()
  await sleep(300)
  const startedAt = performance.now()
  await act()
  const wallMs = Math.round(performance.now() - startedAt)
  await sleep(1500)
  const outage = JSON.parse(
    await host.sh(
      `kill -TERM ${pid}; until [ -s /run/meter.json ]; do sleep 0.05; done; cat /run/meter.json`,
    ),
  ) as Outage
  const seen = (await ticks(host, GUEST)).slice(before)
  const { longestMs, lost } = tickGaps(seen)
  if (lost > 0) throw new Error(`the guest lost ${lost} ticks`)
  return { outageMs: outage.longestGapMs, tickGapMs: longestMs, wallMs }
}

async function anneal(exitCode: number, ...words: string[]): Promise<RunReport> {
  const result = await host.exec(['/opt/anneal/anneal', 'node', ...words, '--json'], {
    timeoutMs: 120_000,
    env: { ANNEAL_ENGINE: 'docker' },
  })
  if (result.exitCode !== exitCode)
    throw new Error(`anneal ${words.join(' ')}: ${result.exitCode}\n${result.stderr}`)
  return JSON.parse(result.stdout) as RunReport
}

async function lock(name: string, command: string): Promise<string> {
  const example = await host.must(['cat', '/opt/anneal/examples/compute/compose.yaml'])
  // Only virtlogd and libvirt: the other services are not what is measured.
  const text = example
    .replace(/\n {2}# Wires guests' taps[\s\S]*$/, '\n')
    .replace(
      /^ {2}restart: unless-stopped$/m,
      `  restart: unless-stopped\n  labels: {bench.release: ${name}}`,
    )
    .replace('command: [libvirtd]', `command: ${command}`)
  await host.sh(`mkdir -p /etc/anneal; cat >/etc/anneal/${name}.yaml`, { input: text })
  await anneal(0, 'lock', `/etc/anneal/${name}.yaml`)
  return `/etc/anneal/${name}.locked.yaml`
}

async function current(): Promise<string> {
  const names = await host.must([
    'docker',
    'ps',
    '--format',
    '{{.Names}}',
    '--filter',
    'label=io.anneal.service=libvirt',
  ])
  return names.trim().split('\n')[0] ?? ''
}

function runArguments(name: string, command: readonly string[]): readonly string[] {
  return byHandArguments({
    name,
    image: IMAGE,
    stdioHandler: 'logd',
    extra: command[0] === 'sh' ? ['--entrypoint', 'sh'] : [],
    command: command[0] === 'sh' ? command.slice(1) : command,
  })
}

async function byHand(name: string, command: readonly string[]): Promise<void> {
  await host.must(['docker', 'run', '--detach', ...runArguments(name, command)])
  await waitForLibvirt(host, name, 'docker')
  // Its capability cache is as warm as the one of a libvirt that has run for a while.
  await host.must(['docker', 'exec', name, 'virsh', 'domcapabilities', '--virttype', 'qemu'])
}

/** From the failure to the old release, proven. */
function wayBack(report: RunReport): number {
  return report.timings
    .filter(({ state }) => state === 'rollingBack' || state === 'provingBack')
    .reduce((sum, { ms }) => sum + ms, 0)
}

function print(result: { samples: Record<string, Sample[]>; rollbacks: number[] }): void {
  const { samples, rollbacks } = result
  const outages = (name: string): number[] => (samples[name] ?? []).map((one) => one.outageMs)
  const gaps = (name: string): number[] => (samples[name] ?? []).map((one) => one.tickGapMs)
  const rows = [
    [
      '| what | API away, median (worst) | against a bare restart | guest tick gap, median (worst) |',
      '|---|---|---|---|',
    ],
    ...[
      ['anneal', 'Anneal switch'],
      ['bare', 'bare restart of libvirtd in one container'],
      ['dockerRun', '`docker stop && docker run`'],
      ['idle', 'nothing (control)'],
    ].map(([key = '', name]) => [
      `| ${name} | ${median(outages(key)).toFixed(0)} (${worst(outages(key)).toFixed(0)}) ms | ${pairedRatio(outages(key), outages('bare')).toFixed(2)}× | ${median(gaps(key)).toFixed(0)} (${worst(gaps(key)).toFixed(0)}) ms |`,
    ]),
  ].flat()
  const text = `${rows.join('\n')}\n\nautomatic rollback, from the failure to the old release proven: median ${median(rollbacks).toFixed(0)} ms, worst ${worst(rollbacks).toFixed(0)} ms (${rollbacks.length} runs)\n`
  process.stdout.write(text)
  writeFileSync(`${labDirectory()}/bench-outage.json`, JSON.stringify(result, undefined, 2))
}
