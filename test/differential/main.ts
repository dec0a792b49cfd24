/**
 * Compares a reader with an independent tool on generated images:
 *
 *     npm run differential -- ext4 --count 1000 --seed 1
 *
 * `--small` makes small images, a thousand of which take minutes. The same seed makes the same image of its size. Exit code 1 where something differs, 2 where it was asked wrongly or cannot run.
 *
 * As root it moves into a mount namespace of its own first: who starts a container at the same time copies every mount
 * there is, and an image whose unmounting is over is then still mounted there, and not written to its end.
 */
import { scriptArguments } from '../../scripts/script-arguments.ts'
import { btrfs } from './btrfs/index.ts'
import { compareMany } from './compare-many.ts'
import { composedDisk } from './composed-disk/index.ts'
import { composefs } from './composefs/index.ts'
import { erofs } from './erofs/index.ts'
import { ext4 } from './ext4/index.ts'
import { fat } from './fat/index.ts'
import { grub } from './grub/index.ts'
import { iso9660 } from './iso9660/index.ts'
import { kernelArguments } from './kernel-arguments/index.ts'
import { live, liveErofs } from './live/index.ts'
import { lvm2 } from './lvm2/index.ts'
import { ext4FromContainer } from './ext4-from-container/index.ts'
import { oci } from './oci/index.ts'
import { partitionTable } from './partition-table/index.ts'
import { qcow2 } from './qcow2/index.ts'
import { squashfs } from './squashfs/index.ts'
import { systemdBoot } from './systemd-boot/index.ts'
import { vdi, vhd, vhdx, vmdk } from './virtual-disk/index.ts'
import { xfs } from './xfs/index.ts'

const TARGETS = [
  btrfs,
  composedDisk,
  composefs,
  erofs,
  ext4,
  fat,
  grub,
  iso9660,
  kernelArguments(),
  live,
  liveErofs,
  lvm2,
  oci,
  ext4FromContainer,
  partitionTable,
  qcow2,
  squashfs,
  systemdBoot,
  vdi,
  vhd,
  vhdx,
  vmdk,
  xfs,
]

const OWN_MOUNTS = 'ANNEAL_OWN_MOUNTS'
if (process.getuid?.() === 0 && process.env[OWN_MOUNTS] === undefined) {
  process.execve?.(
    '/usr/bin/unshare',
    ['unshare', '--mount', '--propagation', 'private', process.execPath, ...process.execArgv].concat(
      process.argv.slice(1),
    ),
    { ...process.env, [OWN_MOUNTS]: '1' },
  )
}

const { values, positionals } = scriptArguments({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    small: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [count, seed] = [Number(values.count), Number(values.seed)]
const target = TARGETS.find(({ name }) => name === positionals[0])
const lacks = target?.lacks()

if (target === undefined || positionals.length !== 1 || !(count > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `usage: npm run differential -- ${TARGETS.map(({ name }) => name).join('|')} [--count N] [--seed S] [--small]\n`,
  )
  process.exitCode = 2
} else if (lacks !== undefined) {
  process.stderr.write(`cannot compare ${target.name}: ${lacks}\n`)
  process.exitCode = 2
} else {
  let said = 0
  const tally = await compareMany(target, {
    count,
    seed,
    size: values.small ? 'small' : 'usual',
    onUnmade: (of, error) => process.stderr.write(`seed ${of}, not compared: ${String(error)}\n`),
    onImage: ({ images, different }) => {
      // At once: a long run can be ended before its end.
      for (const { seed: of, made, differences } of different.slice(said)) {
        process.stdout.write(`seed ${of}: ${made}\n${differences.map((line) => `  ${line}\n`).join('')}`)
      }
      said = different.length
      if (images % 50 === 0) process.stderr.write(`${images} images, ${different.length} different\n`)
    },
  })
  process.stdout.write(
    `${target.name}: ${tally.images} images, ${tally.nodes} nodes compared, ${tally.different.length} images different, ${tally.unmade} could not be made\n`,
  )
  process.exitCode = tally.different.length > 0 || tally.images === 0 ? 1 : 0
}
