import { spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawXattrs } from '../draw-xattrs.ts'
import { fill } from '../ext4/content.ts'
import { loopMounted } from '../loop-mount.ts'
import type { Random } from '../random.ts'
import { run } from '../run.ts'
import { toolVersion } from '../tool-version.ts'

export type Image = Readonly<{
  path: string
  made: string
  /** It was copied while it was mounted: a log may wait to be replayed. */
  torn: boolean
}>

type MadeWith = Readonly<{ args: readonly string[]; sizeMiB: number; mount: readonly string[] }>

/** Options of mkfs.btrfs and of mount, over all that the reader should know. */
function drawOptions(random: Random): MadeWith {
  const args = ['--csum', random.pick(['crc32c', 'crc32c', 'xxhash', 'sha256', 'blake2'])]
  const mixed = random.chance(20)
  if (mixed) args.push('-M', '-n', '4096')
  else {
    args.push('-n', random.pick(['4096', '8192', '16384', '16384', '32768', '65536']))
    args.push('-m', random.pick(['dup', 'dup', 'single']), '-d', random.pick(['single', 'single', 'dup']))
  }
  const features = ['no-holes', 'skinny-metadata', 'extref'].filter(() => random.chance(25))
  if (features.length > 0) args.push('-O', features.map((name) => `^${name}`).join(','))
  const runtime = [
    ...(random.chance(30) ? ['^free-space-tree'] : []),
    ...(random.chance(20) ? ['quota'] : []),
  ]
  if (toolVersion('mkfs.btrfs') >= 611) {
    // Newer tools write it by default, and know no `-R` any more.
    const more = [random.chance(50) ? 'block-group-tree' : '^block-group-tree', ...runtime]
    const isTreeless = more.includes('^free-space-tree')
    args.push('-O', (isTreeless ? ['^block-group-tree', ...runtime] : more).join(','))
  } else if (runtime.length > 0) args.push('-R', runtime.join(','))
  if (random.chance(50)) args.push('-L', random.pick(['root', 'a label', 'ä'.repeat(100)]))
  return {
    args,
    sizeMiB: mixed ? random.pick([24, 48, 100]) : random.pick([240, 300, 400]),
    mount: drawMount(random),
  }
}

function drawMount(random: Random): string[] {
  const options = ['noatime', 'subvolid=5']
  const compression = random.pick(['', '', 'zlib', 'lzo', 'zstd', 'zlib:9', 'zstd:15'])
  const how = random.pick(['compress', 'compress-force'])
  if (compression !== '') options.push(`${how}=${compression}`)
  else if (random.chance(15)) options.push(random.pick(['nodatasum', 'nodatacow']))
  if (random.chance(30)) options.push(`max_inline=${random.pick([0, 60, 1000, 4000])}`)
  return options
}

export function makeImage(random: Random, directory: string): Image {
  const options = drawOptions(random)
  const path = join(directory, 'image')
  writeFileSync(path, '')
  truncateSync(path, options.sizeMiB * 2 ** 20)
  const source = join(directory, 'source')
  const byMkfs = random.chance(15)
  if (byMkfs) {
    mkdirSync(source)
    fill(random, source, 'copy')
  }
  run('mkfs.btrfs', ['-q', ...options.args, ...(byMkfs ? ['-r', source] : []), path])
  const torn = random.chance(10)
  const made = `mkfs.btrfs ${options.args.join(' ')}${byMkfs ? ' -r' : ''}; mount ${options.mount.join(',')}`
  if (byMkfs && random.chance(50)) return { path, made, torn: false }
  const kept = join(directory, 'kept')
  loopMounted(path, join(directory, 'mounted'), 'btrfs', options.mount, (mounted) => {
    untilFull(() => populate(random, mounted))
    if (!torn) return
    run('sync', ['-f', mounted])
    untilFull(() => leaveLog(random, mounted))
    run('cp', ['--sparse=always', path, kept])
  })
  return { path: torn ? kept : path, made: `${made}${torn ? '; torn' : ''}`, torn }
}

/** A file system that is full is as good as any other. */
function untilFull(use: () => void): void {
  try {
    use()
  } catch (error) {
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC' || /No space left/.test(String(error))
    if (!isFull) throw error
  }
}

/** What fsync writes is in the log tree alone, until the transaction ends. */
function leaveLog(random: Random, mounted: string): void {
  for (let count = random.between(1, 4); count > 0; count -= 1) {
    const at = join(mounted, `fsynced-${count}`)
    writeFileSync(at, random.bytes(random.pick([10, 5000])))
    run('sync', [at])
  }
}

/** Files of all kinds, and what only btrfs has: subvolumes, snapshots, reflinks, attributes of compression. */
function populate(random: Random, mounted: string): void {
  const top = join(mounted, 'top')
  mkdirSync(top)
  fill(random, top, 'kernel')
  const trees = [mounted]
  for (let count = random.below(4); count > 0; count -= 1) {
    const at = join(random.pick(trees), random.pick(['@', 'root', 'sub']) + count)
    run('btrfs', ['-q', 'subvolume', 'create', at])
    trees.push(at)
    if (random.chance(70)) {
      mkdirSync(join(at, 'tree'))
      fill(random, join(at, 'tree'), 'kernel')
    }
  }
  const script = ['set -e']
  for (let count = random.below(4); count > 0; count -= 1) {
    const to = join(random.pick(trees), `snapshot-${count}`)
    const flag = random.chance(50) ? '-r' : ''
    script.push(`btrfs -q subvolume snapshot ${flag} '${random.pick(trees)}' '${to}'`)
  }
  script.push(
    ...drawFiles(random, join(mounted, 'special')),
    ...drawXattrs(random, join(mounted, 'attributed')),
  )
  const last = trees.at(-1)
  if (trees.length > 1 && random.chance(30)) script.push(`btrfs -q subvolume set-default '${last}'`)
  else if (trees.length > 2 && random.chance(30))
    script.push(`btrfs -q subvolume delete -C '${last}' || true`)
  if (random.chance(15)) script.push(`btrfs -q balance start --full-balance '${mounted}' || true`)
  if (random.chance(10)) script.push(`btrfs filesystem resize -8M '${mounted}' >/dev/null || true`)
  // In a file: a shell that gives up does not read the rest of its input, and could not say why.
  const path = join(mounted, '..', 'script')
  writeFileSync(path, script.join('\n'))
  run('sh', [path])
}

function drawFiles(random: Random, at: string): string[] {
  const script = [`mkdir '${at}'`]
  for (let count = random.below(6); count > 0; count -= 1) {
    const name = `'${at}/file-${count}'`
    const lines = random.pick(random.sized([1, 10, 300, 5000, 60_000], [1, 10, 300, 5000]))
    const how = random.pick(['zlib', 'lzo', 'zstd', 'none', 'nocow', 'plain'])
    script.push(`touch ${name}`)
    if (how === 'nocow') script.push(`chattr +C ${name} || true`)
    else if (how !== 'plain') script.push(`btrfs property set ${name} compression ${how} 2>/dev/null || true`)
    script.push(`seq --format 'line %06g of ${count}' ${lines} >${name}`)
    if (random.chance(40)) script.push(`head -c ${random.below(200_000)} /dev/urandom >>${name}`)
    if (random.chance(30)) script.push(`sync -f ${name}`)
    const write = `dd of=${name} bs=1 conv=notrunc status=none`
    if (random.chance(50))
      script.push(`seq ${random.below(random.sized(2000, 60))} | ${write} seek=${random.below(400_000)}`)
    if (random.chance(40)) script.push(`cp --reflink=always ${name} '${at}/copy-${count}' || true`)
    if (random.chance(40))
      script.push(`seq ${random.below(random.sized(900, 60))} | ${write} seek=${random.below(100_000)}`)
    const punch = `${random.below(90_000)} --length ${random.between(1, 50_000)}`
    if (random.chance(25)) script.push(`fallocate --punch-hole --offset ${punch} ${name}`)
    if (random.chance(25)) script.push(`fallocate --offset ${punch} ${name} || true`)
    if (random.chance(20)) script.push(`truncate --size ${random.below(300_000)} ${name}`)
  }
  return script
}

/** Whether the program can be run. */
export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}
