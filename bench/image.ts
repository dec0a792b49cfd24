import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { scriptArguments } from '../scripts/script-arguments.ts'
import { ROOT } from '../scripts/source/index.ts'
import { measureProgram } from './measure-program.ts'
import type { Cost } from './measure-program.ts'
import { median } from './statistics.ts'

/**
 * `npm run bench:image -- IMAGE.qcow2 [ROUNDS] [FORM…]`: a whole `anneal image convert` (kernel, ramdisk, base, block map,
 * boot.json) against `qemu-img convert` of the one partition alone, in turn, in one run, on the same image in several
 * forms (v3 v2 zlib zstd raw). Wall seconds, CPU seconds and peak memory from getrusage(2) by way of GNU time; bytes that
 * were read and written by system calls from /proc/PID/io, which counts what was copied within the page cache, too.
 * With `--peer NAME`, in each round also what people do without Anneal (bench/by-hand): `bmaptool` after qemu-img (needs
 * bmap-tools), `guestfish` and then qemu-img, and `convert-2014`, the script of 2014; those two need libguestfs-tools and a
 * kernel in /boot, and minutes.
 * IMAGE is what lab/atomic/build-full-image.sh made (lvm-xfs): its second partition is what both convert.
 */
const { values: flags, positionals } = scriptArguments({
  allowPositionals: true,
  options: { peer: { type: 'string', multiple: true, default: [] } },
})
const [image = '', rounds = '5', ...wanted] = positionals
/** Everything that a run lays down; it goes with the run, however that ends. */
const WORK = join(process.env['TMPDIR'] ?? '/var/tmp', `anneal-bench-image-${process.pid}`)
const PARTITION = { offsetBytes: 411648 * 512, sizeBytes: 12171264 * 512 }
/** Programs in bench/by-hand. */
const PEERS = ['bmaptool', 'guestfish', 'convert-2014'] as const
const FORMS = {
  v3: ['-O', 'qcow2'],
  v2: ['-O', 'qcow2', '-o', 'compat=0.10'],
  zlib: ['-O', 'qcow2', '-c'],
  zstd: ['-O', 'qcow2', '-c', '-o', 'compression_type=zstd'],
  raw: ['-O', 'raw'],
} as const
type Form = keyof typeof FORMS
type Peer = (typeof PEERS)[number]
const peers = PEERS.filter((name) => flags.peer.includes(name))

function main(): void {
  if (image === '' || !existsSync('/usr/bin/time') || peers.length < flags.peer.length) {
    process.stderr.write(
      `usage: npm run bench:image -- IMAGE.qcow2 [ROUNDS] [FORM…] [--peer ${PEERS.join('|')}]…  (needs the packages time and qemu-utils)\n`,
    )
    process.exitCode = 2
    return
  }
  mkdirSync(WORK)
  try {
    process.stdout.write(
      'form   anneal: wall s  CPU s    MiB   read written   qemu-img: wall s  CPU s    MiB   read written   wall ratio: median (each round)\n',
    )
    for (const form of Object.keys(FORMS) as Form[]) {
      if (wanted.length === 0 || wanted.includes(form)) compare(form)
    }
  } finally {
    rmSync(WORK, { recursive: true, force: true })
  }
}

function measure(program: string, argv: readonly string[]): Cost {
  return measureProgram(join(WORK, 'io'), program, argv)
}

function compare(form: Form): void {
  const path = join(WORK, `image.${form}`)
  execFileSync('qemu-img', ['convert', ...FORMS[form], image, path])
  const driver = form === 'raw' ? 'raw' : 'qcow2'
  const ours: Cost[] = []
  const theirs: Cost[] = []
  const out = join(WORK, 'out')
  const base = join(WORK, 'base')
  const range = `driver=raw,offset=${PARTITION.offsetBytes},size=${PARTITION.sizeBytes},file.driver=${driver},file.file.driver=file,file.file.filename=${path}`
  // Their scripts read qcow2 alone.
  const byHand = new Map<Peer, Cost[]>(driver === 'raw' ? [] : peers.map((name) => [name, []]))
  const convert = {
    ours(): Cost {
      const cost = measure(join(ROOT, 'anneal'), ['image', 'convert', path, '-o', out])
      rmSync(out, { recursive: true })
      return cost
    },
    theirs(): Cost {
      const cost = measure('qemu-img', ['convert', '-O', 'raw', '--image-opts', range, base])
      rmSync(base)
      return cost
    },
  }
  // A virtual machine gives memory that nobody uses back to its host, and whoever writes next pays for having it again:
  // up to four seconds of system time for a gigabyte. Each runs twice in a row, and the second time counts.
  const measured = { ours, theirs }
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const one of round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const)) {
      convert[one]()
      measured[one].push(convert[one]())
    }
    for (const [name, costs] of byHand) costs.push(measureByHand(name, path))
  }
  rmSync(path)
  const ratios = ours.map(({ wallS }, index) => wallS / (theirs[index]?.wallS ?? 1))
  const cells = [ours, theirs].map((costs) =>
    [
      median(costs.map((one) => one.wallS)),
      median(costs.map((one) => one.cpuS)),
      median(costs.map((one) => one.peakMiB)),
      median(costs.map((one) => one.readMiB)),
      median(costs.map((one) => one.writtenMiB)),
    ]
      .map((value, index) => value.toFixed(index >= 2 ? 0 : 2).padStart(7))
      .join(''),
  )
  process.stdout.write(
    `${form.padEnd(6)} ${cells.join('        ')}        ${median(ratios).toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(' ')})\n`,
  )
  for (const [name, costs] of byHand) {
    const times = costs.map(({ wallS }, index) => wallS / (ours[index]?.wallS ?? 1))
    process.stdout.write(
      `  ${name}: ${median(costs.map(({ wallS }) => wallS)).toFixed(1)} s, CPU ${median(costs.map(({ cpuS }) => cpuS)).toFixed(1)} s, ${median(costs.map(({ peakMiB }) => peakMiB)).toFixed(0)} MiB, ${median(costs.map(({ readMiB }) => readMiB)).toFixed(0)} MiB read, ${median(costs.map(({ writtenMiB }) => writtenMiB)).toFixed(0)} MiB written: ${median(times).toFixed(1)} times Anneal's wall time (${times.map((one) => one.toFixed(1)).join(' ')})\n`,
    )
  }
}

/** Some change the image: each gets a copy, which is not counted. */
function measureByHand(name: Peer, path: string): Cost {
  const directory = join(WORK, name)
  mkdirSync(directory)
  const copy = join(directory, 'image')
  copyFileSync(path, copy)
  const script = join(import.meta.dirname, 'by-hand', `${name}.sh`)
  try {
    return measure(script, [copy, directory, String(PARTITION.offsetBytes), String(PARTITION.sizeBytes)])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

main()
