import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadersCost } from './piece-readers.ts'
import { median, pairedRatio, worst } from './statistics.ts'

/**
 * What it costs to give machines their disks, straight from an image:
 *
 *     npm run bench:pieces -- IMAGE [ROUNDS]
 *
 * In each round one reader takes all pieces of the whole disk, in turns with what people do without Anneal: `qemu-img convert` to a
 * raw file, which is what Ironic does, and `zstd -1` over that. Then forty readers that write at 150 to 450 MB/s and begin 100 ms
 * apart. Sizes are compared with `zstd -1` over the same bytes as one stream. CPU and memory are those of the processes.
 */
const [image = '', rounds = '5'] = process.argv.slice(2)
const MIB = 1024 * 1024
const directory = mkdtempSync(join(process.env['TMPDIR'] ?? '/var/tmp', 'anneal-bench-pieces-'))
const raw = join(directory, 'raw')
const NODE = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'piece-readers.ts'), image]

type Peer = Readonly<{ wallS: number; cpuS: number }>

function main(): void {
  const ours: ReadersCost[] = []
  const theirs: Peer[] = []
  for (let round = 0; round <= Number(rounds); round += 1) {
    const pair = round % 2 === 0 ? [readers(), peer()] : [peer(), readers()].toReversed()
    const [a, b] = pair as [ReadersCost, Peer]
    // The first round warms the page cache.
    if (round === 0) continue
    ours.push(a)
    theirs.push(b)
    process.stderr.write(`${round}/${rounds}: ${a.wallS.toFixed(2)} s against ${b.wallS.toFixed(2)} s\n`)
  }
  const [one] = ours
  if (one === undefined) throw new TypeError('no rounds')
  const stream = Number(
    execFileSync(
      'sh',
      ['-c', '"$0" "$@" --pipe | zstd -dcq | zstd -1cq | wc -c', process.execPath, ...NODE],
      {
        encoding: 'utf8',
      },
    ),
  )
  const of = (all: readonly Peer[], what: keyof Peer): readonly number[] => all.map((each) => each[what])
  print('one reader', ours)
  process.stdout.write(
    [
      `qemu-img convert, zstd -1: ${median(of(theirs, 'wallS')).toFixed(2)} s, CPU ${median(of(theirs, 'cpuS')).toFixed(2)} s`,
      `paired: wall ${pairedRatio(of(ours, 'wallS'), of(theirs, 'wallS')).toFixed(2)}, CPU ${pairedRatio(of(ours, 'cpuS'), of(theirs, 'cpuS')).toFixed(2)}`,
      `rate: ${(one.readMiB / median(of(ours, 'wallS'))).toFixed(0)} MiB/s of data, ${one.pieces} pieces`,
      `sent: ${one.packedMiB.toFixed(1)} MiB; one stream of the same: ${(stream / MIB).toFixed(1)} MiB, ratio ${((one.packedMiB * MIB) / stream).toFixed(3)}; raw disk: ${(statSync(raw).size / MIB).toFixed(0)} MiB`,
      '',
    ].join('\n'),
  )
  print('forty readers', [readers('--readers', '40', '--write-mbs', '300', '--apart-ms', '100')])
}

function print(what: string, costs: readonly ReadersCost[]): void {
  const middle = (key: keyof ReadersCost): string => median(costs.map((cost) => cost[key])).toFixed(2)
  process.stdout.write(
    `${what}: ${middle('wallS')} s (first ${middle('firstS')}, last ${middle('lastS')}), CPU ${middle('cpuS')} s, peak ${worst(costs.map(({ peakMiB }) => peakMiB)).toFixed(0)} MiB, read ${middle('readMiB')} MiB, in pieces ${middle('usedMiB')} MiB\n`,
  )
}

function readers(...flags: readonly string[]): ReadersCost {
  const out = execFileSync(process.execPath, [...NODE, ...flags], { encoding: 'utf8' })
  return JSON.parse(out) as ReadersCost
}

function peer(): Peer {
  rmSync(raw, { force: true })
  const report = join(directory, 'time')
  const script = 'qemu-img convert -O raw "$1" "$2" && zstd -1cq "$2" | wc -c'
  const start = performance.now()
  const { status, stderr } = spawnSync(
    '/usr/bin/time',
    ['-o', report, '-f', '%U %S', 'sh', '-c', script, 'sh', image, raw],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  const [user = 0, system = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number)
  return { wallS: (performance.now() - start) / 1000, cpuS: user + system }
}

try {
  main()
} finally {
  rmSync(directory, { recursive: true, force: true })
}
