import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { OpenStackLab } from '../lab/index.ts'
import { ROOT } from '../scripts/source/index.ts'
import type { Pushed } from '../src/runtime/image/push/index.ts'
import { median, pairedRatio } from './statistics.ts'

/**
 * `npm run bench:push -- IMAGE.qcow2 [ROUNDS]`: an image into a real Glance, once by `anneal image push` straight out of the
 * qcow2, once more with `--disk-format qcow2`, once by `openstack image create` of what `anneal image convert` had written before (that is not counted), in
 * turns, each first as often as the other. Kernel, ramdisk and base both times. Bytes are what the interface to the lab has
 * sent. Needs root, and what a lab needs; three times the base in TMPDIR (or /var/tmp) and where the lab keeps its images.
 */
const [image = '', rounds = '4'] = process.argv.slice(2)
const MIB = 1024 * 1024
/** Each file of a conversion, with its formats. */
const PARTS = {
  kernel: { container: 'aki', disk: 'aki' },
  ramdisk: { container: 'ari', disk: 'ari' },
  'base.raw': { container: 'ami', disk: 'raw' },
} as const
type Sample = Readonly<{
  /** From the command to its end, of all three. */
  wallS: number
  /** The base alone: our own time for it, or that of the client's whole command. */
  baseS: number
  sentMiB: number
}>

if (image === '') {
  process.stderr.write('usage: npm run bench:push -- IMAGE.qcow2 [ROUNDS]\n')
  process.exitCode = 2
} else {
  const directory = mkdtempSync(join(process.env['TMPDIR'] ?? '/var/tmp', 'anneal-bench-push-'))
  const lab = await OpenStackLab.up({ nodes: 0, ironicAuth: [] })
  try {
    await main(lab, join(directory, 'out'))
  } finally {
    await lab.down()
    rmSync(directory, { recursive: true })
  }
}

async function main(lab: OpenStackLab, out: string): Promise<void> {
  execFileSync(join(ROOT, 'anneal'), ['image', 'convert', image, '-o', out])
  const { size, blocks } = statSync(join(out, 'base.raw'))
  process.stderr.write(
    `base: ${(size / MIB).toFixed(0)} MiB, of which ${((blocks * 512) / MIB).toFixed(0)} in use\n`,
  )
  const samples = { ours: [] as Sample[], packed: [] as Sample[], theirs: [] as Sample[] }
  // Who comes first finds cold caches: a round that does not count goes before.
  for (let round = 0; round <= Number(rounds); round += 1) {
    const all = ['ours', 'packed', 'theirs'] as const
    for (const who of round % 2 === 0 ? all : all.toReversed()) {
      const sample = await (who === 'theirs' ? create(lab, out) : push(lab, who === 'ours' ? 'raw' : 'qcow2'))
      if (round > 0) samples[who].push(sample)
      process.stderr.write(`${round}/${rounds} ${who}: ${JSON.stringify(sample)}\n`)
      await removeAll(lab)
    }
  }
  const { ours, packed, theirs } = samples
  const sizeMiB = size / MIB
  const row = (name: string, all: readonly Sample[]): string => {
    const baseS = median(all.map((one) => one.baseS))
    const cells = [
      name,
      `${median(all.map((one) => one.wallS)).toFixed(1)} s`,
      `${baseS.toFixed(1)} s`,
      `${(sizeMiB / baseS).toFixed(0)} MiB/s`,
      `${median(all.map((one) => one.sentMiB)).toFixed(0)} MiB`,
    ]
    return `| ${cells.join(' | ')} |`
  }
  const ratio = (of: (one: Sample) => number): string => pairedRatio(ours.map(of), theirs.map(of)).toFixed(2)
  const wallRatio = pairedRatio(
    packed.map((one) => one.wallS),
    ours.map((one) => one.wallS),
  ).toFixed(2)
  process.stdout.write(
    `${[
      '| what | kernel, ramdisk and base | the base | of its size | sent |',
      '| --- | --- | --- | --- | --- |',
      row('`anneal image push`', ours),
      row('`anneal image push --disk-format qcow2`', packed),
      row('`openstack image create`, three times', theirs),
      '',
      `ratio, median of the rounds: ${ratio((one) => one.wallS)} in all, ${ratio((one) => one.baseS)} for the base`,
      `qcow2 against raw: ${wallRatio} in all`,
    ].join('\n')}\n`,
  )
}

function push(lab: OpenStackLab, form: 'raw' | 'qcow2'): Sample {
  const before = sentBytes(lab)
  const startedAt = performance.now()
  const printed = execFileSync(
    join(ROOT, 'anneal'),
    ['image', 'push', image, '--name', 'bench', '--disk-format', form, '--json'],
    { env: { ...process.env, ...lab.environment }, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 26 },
  )
  const wallS = secondsSince(startedAt)
  const { images } = JSON.parse(printed.toString()) as Pushed
  const base = images.find(({ role }) => role === 'base')
  return { wallS, baseS: (base?.tookMs ?? 0) / 1000, sentMiB: (sentBytes(lab) - before) / MIB }
}

async function create(lab: OpenStackLab, out: string): Promise<Sample> {
  const before = sentBytes(lab)
  const startedAt = performance.now()
  let baseS = 0
  for (const [file, { container, disk }] of Object.entries(PARTS)) {
    const partStartedAt = performance.now()
    const flags = ['--container-format', container, '--disk-format', disk, '--file', join(out, file)]
    const result = await lab.openstack(['image', 'create', ...flags, `bench-${file}`], { timeoutMs: 900_000 })
    if (result.exitCode !== 0) throw new Error(result.stderr)
    if (file === 'base.raw') baseS = secondsSince(partStartedAt)
  }
  return { wallS: secondsSince(startedAt), baseS, sentMiB: (sentBytes(lab) - before) / MIB }
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000
}

/** What has left by the interface behind which the lab is. */
function sentBytes(lab: OpenStackLab): number {
  const { hostInterface } = lab.description.network
  return Number(readFileSync(`/sys/class/net/${hostInterface}/statistics/tx_bytes`, 'utf8'))
}

async function removeAll(lab: OpenStackLab): Promise<void> {
  const headers = { 'x-auth-token': await lab.token() }
  const url = `${lab.endpoints.image}/v2/images`
  const { images } = (await (await fetch(url, { headers })).json()) as { images: readonly { id: string }[] }
  for (const { id } of images) await fetch(`${url}/${id}`, { method: 'DELETE', headers })
}
