import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scriptArguments } from '../scripts/script-arguments.ts'
import { ROOT } from '../scripts/source/index.ts'
import { measureProgram } from './measure-program.ts'
import type { Cost } from './measure-program.ts'
import { median, pairedRatio } from './statistics.ts'

/**
 * `npm run bench:growth -- [--rounds N] [--size 2T]… [--type ext4]…`: what a conversion costs where the disk grows and what is
 * on it stays. Each image is a sparse raw file with one file system: a kernel, an initrd, a grub.cfg, an fstab and 60 MB of
 * files that do not compress. In turns, in one run: `anneal image inspect`, `convert`, `convert --no-digest`, and
 * `qemu-img convert` of the same file. The base of the first round is compared with the image.
 * Needs the packages time, qemu-utils, e2fsprogs, xfsprogs and btrfs-progs; no root.
 */
const { values } = scriptArguments({
  options: {
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', multiple: true, default: ['16G', '256G', '2T'] },
    type: { type: 'string', multiple: true, default: ['ext4', 'xfs', 'btrfs'] },
  },
})
/** Everything that a run lays down; it goes with the run, however that ends. */
const WORK = join(process.env['TMPDIR'] ?? '/var/tmp', `anneal-bench-growth-${process.pid}`)
const UUID = '11111111-2222-4333-8444-555555555555'
const FILES = 60

function main(): void {
  if (!existsSync('/usr/bin/time')) {
    process.stderr.write('usage: npm run bench:growth  (needs the packages time and qemu-utils)\n')
    process.exitCode = 2
    return
  }
  mkdirSync(WORK)
  try {
    const tree = makeTree()
    process.stdout.write(
      'medians of the rounds: wall s, CPU s, peak MiB, read MiB; on disk: MiB of the image and of the base\n',
    )
    for (const type of values.type) for (const size of values.size) compare(type, size, tree)
  } finally {
    rmSync(WORK, { recursive: true, force: true })
  }
}

function makeTree(): string {
  const tree = join(WORK, 'tree')
  for (const directory of ['etc', 'usr/lib', 'boot/grub', 'data'])
    mkdirSync(join(tree, directory), { recursive: true })
  const write = (path: string, content: string): void => writeFileSync(join(tree, path), content)
  write('usr/lib/os-release', 'ID=debian\nPRETTY_NAME="Debian"\n')
  write('etc/os-release', 'ID=debian\nPRETTY_NAME="Debian"\n')
  write('etc/fstab', `UUID=${UUID} / auto defaults 0 1\n`)
  write('boot/vmlinuz', 'kernel')
  write('boot/initrd.img', 'initrd')
  write(
    'boot/grub/grub.cfg',
    `menuentry Debian {\n linux /boot/vmlinuz root=UUID=${UUID} ro\n initrd /boot/initrd.img\n}\n`,
  )
  for (let index = 0; index < FILES; index += 1)
    execFileSync('dd', ['if=/dev/urandom', `of=${join(tree, 'data', String(index))}`, 'bs=1M', 'count=1'], {
      stdio: 'ignore',
    })
  return tree
}

function makeImage(type: string, size: string, tree: string): string {
  const image = join(WORK, `${type}.raw`)
  rmSync(image, { force: true })
  const factor = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[size.slice(-1)] ?? 1
  writeFileSync(image, '')
  truncateSync(image, Number.parseInt(size, 10) * factor)
  switch (type) {
    case 'ext4':
      execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-U', UUID, '-d', tree, image])
      break
    case 'xfs':
      execFileSync('mkfs.xfs', ['-q', '-f', '-m', `uuid=${UUID}`, '-p', protofileOf(tree), image])
      break
    case 'btrfs':
      execFileSync('mkfs.btrfs', ['-q', '-f', '-U', UUID, '--rootdir', tree, image])
      break
    default:
      throw new Error(`no file system ${type}`)
  }
  return image
}

/** For mkfs.xfs, which takes no directory. */
function protofileOf(tree: string): string {
  const file = (name: string, path: string): string => `${name} ---644 0 0 ${join(tree, path)}`
  const data = Array.from({ length: FILES }, (_, index) => file(String(index), `data/${index}`))
  const lines = [
    '/\n0 0\nd--755 0 0',
    `etc d--755 0 0\n${file('fstab', 'etc/fstab')}\n${file('os-release', 'etc/os-release')}\n$`,
    `boot d--755 0 0\n${file('vmlinuz', 'boot/vmlinuz')}\n${file('initrd.img', 'boot/initrd.img')}`,
    `grub d--755 0 0\n${file('grub.cfg', 'boot/grub/grub.cfg')}\n$\n$`,
    `data d--755 0 0\n${data.join('\n')}\n$\n$`,
  ]
  const path = join(WORK, 'protofile')
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

const PROGRAMS = ['inspect', 'convert', 'without digests', 'qemu-img'] as const

function compare(type: string, size: string, tree: string): void {
  const image = makeImage(type, size, tree)
  const [out, copy] = [join(WORK, 'out'), join(WORK, 'copy')]
  const anneal = join(ROOT, 'anneal')
  const io = join(WORK, 'io')
  const run = {
    inspect: () => measureProgram(io, anneal, ['image', 'inspect', image]),
    convert: () => measureProgram(io, anneal, ['image', 'convert', image, '-o', out]),
    'without digests': () =>
      measureProgram(io, anneal, ['image', 'convert', image, '--no-digest', '-o', out]),
    'qemu-img': () => measureProgram(io, 'qemu-img', ['convert', '-f', 'raw', '-O', 'raw', image, copy]),
  } as const satisfies Record<(typeof PROGRAMS)[number], () => Cost>
  const costs = new Map<string, Cost[]>(PROGRAMS.map((name) => [name, []]))
  let baseMiB = 0
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const name of round % 2 === 0 ? PROGRAMS : PROGRAMS.toReversed()) {
      costs.get(name)?.push(run[name]())
      if (name === 'convert') {
        baseMiB = onDiskMiB(join(out, 'base.raw'))
        if (round === 0) check(type, image, join(out, 'base.raw'))
      }
      rmSync(out, { recursive: true, force: true })
      rmSync(copy, { force: true })
    }
  }
  process.stdout.write(
    `${type} ${size}: image ${onDiskMiB(image).toFixed(1)} MiB, base ${baseMiB.toFixed(1)} MiB on disk\n`,
  )
  const peers = costs.get('qemu-img') ?? []
  for (const [name, all] of costs) {
    const cell = (of: (cost: Cost) => number, digits: number): string =>
      median(all.map(of)).toFixed(digits).padStart(8)
    const ratio = pairedRatio(
      all.map(({ wallS }) => wallS),
      peers.map(({ wallS }) => wallS),
    )
    process.stdout.write(
      `  ${name.padEnd(16)}${cell((one) => one.wallS, 2)}${cell((one) => one.cpuS, 2)}${cell((one) => one.peakMiB, 0)}${cell((one) => one.readMiB, 0)}  ${ratio.toFixed(2)} × qemu-img\n`,
    )
  }
  rmSync(image)
}

/** The base reads as the image does; of btrfs only what is in use does, for mkfs.btrfs leaves bytes of its own in free space. */
function check(type: string, image: string, base: string): void {
  if (type === 'btrfs') execFileSync('btrfs', ['check', base], { stdio: 'ignore' })
  else execFileSync('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', image, base], { stdio: 'ignore' })
}

function onDiskMiB(path: string): number {
  return (statSync(path).blocks * 512) / 2 ** 20
}

main()
