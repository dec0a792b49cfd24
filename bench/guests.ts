import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { startGuest } from '../lab/index.ts'
import { BenchNode } from './bench-node.ts'
import type { Cost, Sample } from './bench-node.ts'
import { median, pairedRatio, worst } from './statistics.ts'

/**
 * What a full node costs: `anneal node plan` with one guest and with many, and how long libvirt's API is away while
 * Anneal replaces it, against a bare restart of libvirtd with the same guests; at rest and with every core kept busy
 * by others. `npm run bench:guests -- [GUESTS] [ROUNDS]`. Each round does all of it, so that noise meets both.
 */
const GUESTS = Number(process.argv[2] ?? 60)
const ROUNDS = Number(process.argv[3] ?? 5)
const IMAGES = ['nova-libvirt:bookworm', 'nova-libvirt:bookworm-backports']
const TICK_MS = 50
/** Loops that keep every core busy, as other programs of the node do. */
const BUSY = availableParallelism()

const node = await BenchNode.up('bench-guests', IMAGES)
const { host } = node
try {
  await measure()
} finally {
  await host.down()
}

async function measure(): Promise<void> {
  const releases = [await node.lock('one', '[libvirtd]'), await node.lock('two', '[libvirtd]')]
  await node.anneal(0, 'upgrade', releases[0] ?? '')
  await start(1)
  const one = await plans(releases[1] ?? '')
  for (let number = 2; number <= GUESTS; number += 1) await start(number)
  const many = await plans(releases[1] ?? '')
  process.stdout.write(
    [
      `load average ${readFileSync('/proc/loadavg', 'utf8').trim()}`,
      '',
      '| `anneal node plan` | wall, median | CPU, median | peak |',
      '|---|---|---|---|',
      planRow('1 guest', one),
      planRow(`${GUESTS} guests`, many),
      '',
      '',
    ].join('\n'),
  )
  await switches(releases, 'at rest')
  await host.sh(
    `for n in $(seq ${BUSY}); do setsid sh -c 'while :; do :; done' >/dev/null 2>&1 & done; sleep 1`,
  )
  await switches(releases, `beside ${BUSY} busy loops`)
}

async function start(number: number): Promise<void> {
  await startGuest(host, {
    name: `guest${number}`,
    via: await node.current(),
    boots: 'sector',
    tickMs: TICK_MS,
    console: 'logd',
  })
  if (number % 10 === 0) process.stderr.write(`${number} guests run\n`)
}

async function plans(release: string): Promise<readonly Cost[]> {
  const costs: Cost[] = []
  for (let round = 0; round < ROUNDS; round += 1) costs.push(await node.cost('plan', release))
  return costs
}

function planRow(title: string, costs: readonly Cost[]): string {
  const of = (pick: (cost: Cost) => number): number => median(costs.map(pick))
  return `| ${title} | ${(of(({ wallMs }) => wallMs) / 1000).toFixed(2)} s | ${(of(({ cpuMs }) => cpuMs) / 1000).toFixed(2)} s | ${worst(costs.map(({ peakMiB }) => peakMiB))} MiB |`
}

async function switches(releases: readonly string[], title: string): Promise<void> {
  const annealed: Sample[] = []
  const bare: Sample[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    annealed.push(await node.sample('guest1', () => node.anneal(0, 'upgrade', releases[round % 2] ?? '')))
    await host.must(['docker', 'stop', await node.current()])
    await node.bare('bare')
    bare.push(
      await node.sample('guest1', () => host.sh('kill -TERM "$(pgrep -x libvirtd | head -n 1)"; sleep 3')),
    )
    await host.must(['docker', 'rm', '--force', 'bare'])
    await node.anneal(0, 'recover')
    process.stderr.write(
      `${title} ${round}/${ROUNDS}: anneal ${annealed.at(-1)?.outageMs} ms, bare ${bare.at(-1)?.outageMs} ms\n`,
    )
  }
  const outages = (list: readonly Sample[]): readonly number[] => list.map(({ outageMs }) => outageMs)
  const gaps = (list: readonly Sample[]): string =>
    `${median(list.map(({ tickGapMs }) => tickGapMs)).toFixed(0)} ms`
  process.stdout.write(
    `${title}, ${GUESTS} guests: API away ${median(outages(annealed)).toFixed(0)} ms (worst ${worst(outages(annealed)).toFixed(0)}), bare restart ${median(outages(bare)).toFixed(0)} ms (worst ${worst(outages(bare)).toFixed(0)}): ${pairedRatio(outages(annealed), outages(bare)).toFixed(2)} times; tick gap ${gaps(annealed)} against ${gaps(bare)}\n`,
  )
}
