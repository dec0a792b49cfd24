import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { median, pairedRatio } from './statistics.ts'

/**
 * How fast qcow2 images are read: Anneal's reader writing a raw file against `qemu-img convert -O raw`, of the same image,
 * in turns. `npm run bench:qcow2 -- [ROUNDS] [MIB]`; needs qemu-img, and three times the size in TMPDIR (or /var/tmp).
 * The data is what this machine has below /usr, so that it compresses as a system image does.
 */
const ROUNDS = Number(process.argv[2] ?? 5)
const MIB = 1024 * 1024
const SIZE = Number(process.argv[3] ?? 1024) * MIB
const KINDS = {
  'v3, uncompressed': [],
  zlib: ['-c'],
  zstd: ['-c', '-o', 'compression_type=zstd'],
} as const

type Sample = Readonly<{ wallMs: number; cpuMs: number; peakMib: number }>

const directory = mkdtempSync(join(process.env['TMPDIR'] ?? '/var/tmp', 'anneal-bench-'))
try {
  await main()
} finally {
  rmSync(directory, { recursive: true })
}

async function main(): Promise<void> {
  const raw = join(directory, 'data.raw')
  const bytes = await gather(raw, '/usr')
  process.stderr.write(`${Math.round(bytes / MIB)} MiB of data\n`)
  const rows = [
    '| image | Anneal, median | CPU | peak | qemu-img, median | CPU | peak | wall, paired |',
    '|---|---|---|---|---|---|---|---|',
  ]
  for (const [name, options] of Object.entries(KINDS)) {
    const image = join(directory, 'image.qcow2')
    must('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', ...options, raw, image])
    rows.push(row(name, image, raw))
    rmSync(image)
  }
  process.stdout.write(`${rows.join('\n')}\n`)
}

function row(name: string, image: string, raw: string): string {
  const ours: Sample[] = []
  const theirs: Sample[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const a = sample(process.execPath, [join(import.meta.dirname, 'qcow2-to-raw.ts'), image], raw)
    const b = sample('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image], raw)
    // The first round warms the page cache.
    if (round === 0) continue
    ours.push(a)
    theirs.push(b)
    process.stderr.write(
      `${name} ${round}/${ROUNDS}: ${a.wallMs.toFixed(0)} ms against ${b.wallMs.toFixed(0)} ms\n`,
    )
  }
  const cells = [ours, theirs].flatMap((samples) => [
    `${median(samples.map(({ wallMs }) => wallMs)).toFixed(0)} ms`,
    `${median(samples.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms`,
    `${median(samples.map(({ peakMib }) => peakMib)).toFixed(0)} MiB`,
  ])
  const wall = (samples: readonly Sample[]): number[] => samples.map(({ wallMs }) => wallMs)
  return `| ${[name, ...cells, `${pairedRatio(wall(ours), wall(theirs)).toFixed(2)}×`].join(' | ')} |`
}

/** Runs a conversion to a new file, and compares what came out. */
function sample(program: string, argv: readonly string[], expected: string): Sample {
  const out = join(directory, 'out.raw')
  rmSync(out, { force: true })
  const report = join(directory, 'time')
  const start = performance.now()
  must('/usr/bin/time', ['-o', report, '-f', '%U %S %M', program, ...argv, out])
  const wallMs = performance.now() - start
  const [user = 0, system = 0, peakKib = 0] = must('cat', [report]).trim().split(' ').map(Number)
  must('cmp', [out, expected])
  return { wallMs, cpuMs: (user + system) * 1000, peakMib: peakKib / 1024 }
}

function must(program: string, argv: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

/** Files one behind the other, by name, until there is enough. */
async function gather(path: string, root: string): Promise<number> {
  const out = openSync(path, 'w')
  const buffer = Buffer.alloc(MIB)
  let total = 0
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  for (const file of files) {
    if (total >= SIZE) break
    const size = statSync(file).size
    const input = openSync(file, 'r')
    for (let at = 0; at < size && total < SIZE;) {
      const read = readSync(input, buffer, 0, Math.min(MIB, SIZE - total), at)
      if (read === 0) break
      writeSync(out, buffer, 0, read)
      at += read
      total += read
    }
    closeSync(input)
  }
  closeSync(out)
  return total
}
