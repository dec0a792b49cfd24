import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dockerEnvironment } from '../engine.ts'
import type { BuiltImage } from '../images.ts'
import { withLock } from '../lock.ts'
import { labPath } from '../paths.ts'
import { must, say } from '../run.ts'

/** Sparse: what a release and its guests need beside the system. */
const SIZE = '10G'

/** The root file system of the image `vm`, unpacked; once for each content of the image. */
export async function unpackedRoot(image: BuiltImage): Promise<string> {
  const root = labPath('vm', image.id.replace(/^sha256:/, '').slice(0, 16))
  return withLock(`${root}.lock`, async () => {
    if (existsSync(root)) return root
    say('unpacking the virtual machine (once)')
    const work = `${root}.new`
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    const script = `container=$(docker create "$1")
      trap 'docker rm "$container" >/dev/null' EXIT
      docker export "$container" | tar --extract --directory "$2"
      # Docker's mark of a container, and what it binds over: none of it is a machine's.
      rm -f "$2/.dockerenv"; : >"$2/etc/resolv.conf"`
    await must(
      'unpack the virtual machine',
      ['bash', '-euo', 'pipefail', '-c', script, 'bash', image.id, work],
      {
        env: dockerEnvironment(),
      },
    )
    renameSync(work, root)
    return root
  })
}

export type DiskContent = Readonly<{
  root: string
  /** Directory on this machine → absolute path on the disk. */
  trees: readonly Readonly<{ from: string; to: string }>[]
  files: readonly Readonly<{ path: string; text: string; mode: number }>[]
}>

/** Writes `disk`: an ext4 without partitions, in one go and without mounting it. */
export async function makeDisk(disk: string, content: DiskContent): Promise<void> {
  const extra = `${disk}.files`
  for (const { path, text, mode } of content.files) {
    mkdirSync(join(extra, path, '..'), { recursive: true })
    writeFileSync(join(extra, path), text, { mode })
  }
  // Overlays and binds in a mount namespace of their own put the parts together; mke2fs reads what it finds there.
  const script = `disk=$1 root=$2 extra=$3 work=$4; shift 4
    mkdir -p "$work"; mount -t tmpfs none "$work"; mkdir "$work/upper" "$work/work" "$work/all"
    mount -t overlay -o "lowerdir=$extra:$root,upperdir=$work/upper,workdir=$work/work" none "$work/all"
    while [ $# -gt 0 ]; do
      mkdir -p "$work/all$2"; mount --bind "$1" "$work/all$2"; shift 2
    done
    rm -f "$disk"; truncate --size ${SIZE} "$disk"
    mke2fs -q -t ext4 -m 0 -E lazy_itable_init=1,lazy_journal_init=1 -d "$work/all" "$disk"`
  const trees = content.trees.flatMap(({ from, to }) => [from, to])
  const argv = ['bash', '-euo', 'pipefail', '-c', script, 'bash', disk, content.root, extra, `${disk}.work`]
  await must('make a disk', ['unshare', '--mount', ...argv, ...trees])
  rmSync(extra, { recursive: true })
  rmSync(`${disk}.work`, { recursive: true })
}
