import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import { labDirectory, startGuest, waitForLibvirt } from '../lab/index.ts'
import type { RunReport } from '../src/runtime/node/index.ts'
import { BenchNode } from './bench-node.ts'
import type { Sample } from './bench-node.ts'
import { median, pairedRatio, worst } from './statistics.ts'

/**
 * How long libvirt's API is away while it is replaced, and what a guest notices: an Anneal switch against
 * `docker stop && docker run`, against a bare restart of libvirtd inside one container, and against doing nothing.
 * Paired: every round does all of them. `npm run bench:outage -- [ROUNDS]`.
 */
const ROUNDS = Number(process.argv[2] ?? 10)
const GUEST = 'bench'
const IMAGE = 'nova-libvirt:bookworm'

const node = await BenchNode.up('bench', [IMAGE])
const { host } = node
try {
  print(await measure())
} finally {
  await host.down()
}

async function measure(): Promise<{ samples: Record<string, Sample[]>; rollbacks: number[] }> {
  const releases = [await node.lock('one', '[libvirtd]'), await node.lock('two', '[libvirtd]')]
  const bad = await node.lock('bad', '[libvirtd, --config, /nonexistent]')
  await node.anneal(0, 'upgrade', releases[0] ?? '')
  await startGuest(host, { name: GUEST, via: await node.current(), console: 'logd' })
  const samples: Record<string, Sample[]> = { anneal: [], bare: [], dockerRun: [], idle: [] }
  const rollbacks: number[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const release = releases[round % 2] ?? ''
    samples['anneal']?.push(await node.sample(GUEST, () => node.anneal(0, 'upgrade', release)))
    samples['idle']?.push(await node.sample(GUEST, () => sleep(4000)))
    const failed = await node.anneal(6, 'upgrade', bad)
    rollbacks.push(wayBack(failed))

    // The same container by hand: first under a shell that starts libvirtd again, then stopped and run anew.
    await host.must(['docker', 'stop', await node.current()])
    await node.bare('bare')
    samples['bare']?.push(
      await node.sample(GUEST, () => host.sh('kill -TERM "$(pgrep -x libvirtd)"; sleep 3')),
    )
    await host.must(['docker', 'rm', '--force', 'bare'])
    await node.byHand('plain', ['libvirtd'])
    samples['dockerRun']?.push(
      await node.sample(GUEST, async () => {
        await host.must(['docker', 'stop', 'plain'])
        await host.must(['docker', 'run', '--detach', ...node.runArguments('again', ['libvirtd'])])
        await waitForLibvirt(host, 'again', 'docker')
      }),
    )
    await host.sh('docker rm --force plain again >/dev/null')
    await node.anneal(0, 'recover')
    const line = Object.entries(samples).map(([name, list]) => `${name} ${list.at(-1)?.outageMs} ms`)
    process.stderr.write(`round ${round}/${ROUNDS}: ${line.join(', ')}, rollback ${rollbacks.at(-1)} ms\n`)
  }
  return { samples, rollbacks }
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
