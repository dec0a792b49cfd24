import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ALGORITHMS } from '../../../src/adapters/codec/index.ts'
import { measureFsVerity } from '../../../src/formats/fsverity/index.ts'
import { openFile } from '../file-source.ts'
import type { Random } from '../random.ts'
import { run } from '../run.ts'

/** Root of a tree of a Debian suite that has composefs, which bookworm has not: `ANNEAL_COMPOSEFS_TREE`. */
export function suiteTree(): string | undefined {
  return process.env['ANNEAL_COMPOSEFS_TREE']
}

/** As mkcomposefs of libcomposefs makes an image of a tree, in both versions of its format. */
export function makeByMkcomposefs(random: Random, scratch: string): string {
  const version = random.pick([0, 1])
  const script = `mkdir -p "$0/w"; mount --bind "$1" "$0/w"; mount -t proc proc "$0/proc"; shift; exec chroot "$0" "$@"`
  const args = [
    'mkcomposefs',
    '--digest-store=/w/objects',
    `--min-version=${version}`,
    `--max-version=${version}`,
    ...(random.chance(20) ? ['--use-epoch'] : []),
    '/w/tree',
    '/w/image',
  ]
  addWhiteouts(random, join(scratch, 'tree'))
  run('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script, suiteTree() ?? '', scratch, ...args])
  return args.join(' ')
}

type Places = Readonly<{ tree: string; image: string; objects: string; scratch: string }>

/**
 * The same by hand, so that there is more than mkcomposefs writes: SHA-512, names as ostree has them, no digests,
 * whiteouts of both forms where overlayfs takes them for such. mkfs.erofs then packs the tree of empty files.
 */
export async function makeByMkfsErofs(
  random: Random,
  { tree, image, objects, scratch }: Places,
): Promise<string> {
  const hash = random.pick(['sha256', 'sha512'] as const)
  const suffix = random.pick(['', '.file'])
  const withDigests = random.chance(85)
  const smallest = random.pick([0, 1, 65, 5000])
  const attributes: string[] = []
  if (random.chance(50)) run('mknod', [join(tree, 'whiteout'), 'c', '0', '0'])
  for (const path of filesOf(tree)) {
    const { size, nlink } = lstatSync(path)
    if (size < smallest || nlink > 1 || random.chance(10)) continue
    const source = openFile(path)
    const digest = await measureFsVerity(source, hash, ALGORITHMS)
    source.close()
    const object = `${digest.slice(0, 2)}/${digest.slice(2)}${suffix}`
    mkdirSync(dirname(join(objects, object)), { recursive: true })
    copyFileSync(path, join(objects, object))
    const header = hash === 'sha256' ? '00240001' : '00440002'
    truncateSync(path, 0)
    truncateSync(path, size)
    const value = withDigests ? `0x${header}${digest}` : random.pick(['0x', '0x00040000'])
    attributes.push(
      `# file: ${escaped(relative(tree, path))}`,
      `trusted.overlay.metacopy=${value}`,
      `trusted.overlay.redirect="/${object}"`,
      ...(random.chance(10) ? ['trusted.overlay.overlay.metacopy="of a tree in the tree"'] : []),
      '',
    )
  }
  noWhiteout(random, tree, attributes)
  writeFileSync(join(scratch, 'attributes'), attributes.join('\n'))
  run('sh', ['-c', `cd "$0" && setfattr -h --restore="$1"`, tree, join(scratch, 'attributes')])
  const args = random.chance(50) ? ['-E', 'force-inode-extended'] : []
  run('mkfs.erofs', [...args, image, tree])
  return `mkfs.erofs of files with redirects to ${hash}${suffix}, ${withDigests ? 'with' : 'without'} digests`
}

function addWhiteouts(random: Random, tree: string): void {
  if (random.chance(50)) return
  for (const directory of ['.', ...readdirSync(tree)].map((name) => join(tree, name))) {
    if (statSync(directory).isDirectory()) run('mknod', [join(directory, 'whiteout'), 'c', '0', '0'])
  }
}

/**
 * What would be a whiteout if it was empty, in a directory that is marked or not. Real ones are in the root alone: of other
 * directories Linux lists them, and then finds none.
 */
function noWhiteout(random: Random, tree: string, attributes: string[]): void {
  const mark = random.pick(['', 'x', 'y'])
  if (mark !== '') attributes.push('# file: .', `trusted.overlay.opaque="${mark}"`, '')
  writeFileSync(join(tree, 'there'), 'not empty')
  attributes.push('# file: there', 'trusted.overlay.whiteout=""', '')
}

function filesOf(tree: string): string[] {
  const found: string[] = []
  const walk = (at: string): void => {
    for (const name of readdirSync(at)) {
      const path = join(at, name)
      // A name that is no UTF-8 cannot be asked for; files with many attributes have no room for more.
      if (!existsSync(path) || name.includes('�') || name === 'attributes') continue
      const stat = lstatSync(path)
      if (stat.isDirectory()) walk(path)
      else if (stat.isFile()) found.push(path)
    }
  }
  walk(tree)
  return found
}

/** As getfattr writes paths, and setfattr reads them. */
function escaped(path: string): string {
  return Array.from(Buffer.from(path), (byte) =>
    byte < 0x21 || byte > 0x7e || byte === 0x5c || byte === 0x3d
      ? `\\${byte.toString(8).padStart(3, '0')}`
      : String.fromCharCode(byte),
  ).join('')
}
