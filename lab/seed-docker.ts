import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuiltImage } from './images.ts'
import { labPath } from './paths.ts'
import { must } from './run.ts'

/**
 * Makes `target` the data directory of a Docker that holds `images`, out of the outer engine's own: no archive, no
 * unpacking. Files of layers are hard links, for overlayfs never writes to a lower layer; what names them is copied.
 *
 * The format is that of Docker's overlay2 graph driver, unchanged since 1.10:
 *   image/overlay2/imagedb/content/sha256/ID     image config, with rootfs.diff_ids
 *   image/overlay2/layerdb/sha256/CHAIN/cache-id directory below overlay2/ that holds the layer
 *   overlay2/CACHE/{diff,link,lower,work}, overlay2/l/LINK → ../CACHE/diff
 */
export async function seedDocker(images: readonly BuiltImage[], target: string): Promise<void> {
  const source = labPath('engine/data')
  const chains = new Set<string>()
  for (const image of images) {
    const content = join('image/overlay2/imagedb/content/sha256', hex(image.id))
    copy(source, target, content)
    const config = JSON.parse(readFileSync(join(source, content), 'utf8')) as {
      rootfs: { diff_ids: readonly string[] }
    }
    for (const chain of chainIds(config.rootfs.diff_ids)) chains.add(chain)
  }
  const layers: string[] = []
  for (const chain of chains) {
    const entry = join('image/overlay2/layerdb/sha256', hex(chain))
    copy(source, target, entry)
    layers.push(readFileSync(join(source, entry, 'cache-id'), 'utf8').trim())
  }
  const names = join(target, 'overlay2/l')
  mkdirSync(names, { recursive: true, mode: 0o710 })
  for (const layer of layers) {
    const link = readFileSync(join(source, 'overlay2', layer, 'link'), 'utf8').trim()
    symlinkSync(join('..', layer, 'diff'), join(names, link))
  }
  // dockerd binds its data directory onto itself, and no link crosses a mount: link where that mount is not seen.
  const script =
    'cd / && while umount --lazy "$1" 2>/dev/null; do :; done && cd "$1/overlay2" && shift && exec cp --archive --link "$@"'
  const argv = [source, ...layers, join(target, 'overlay2')]
  await must('link the layers of the images', ['unshare', '--mount', 'sh', '-c', script, 'sh', ...argv])
  writeFileSync(
    join(target, 'image/overlay2/repositories.json'),
    JSON.stringify({ Repositories: repositories(images) }),
  )
}

/** The identity of a stack of layers: https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const chain: string[] = []
  for (const diff of diffIds) {
    const below = chain.at(-1)
    chain.push(
      below === undefined ? diff : `sha256:${createHash('sha256').update(`${below} ${diff}`).digest('hex')}`,
    )
  }
  return chain
}

/** Docker's repositories.json: repository → reference → image id. */
export function repositories(
  images: readonly Pick<BuiltImage, 'reference' | 'id'>[],
): Record<string, Record<string, string>> {
  const result: Record<string, Record<string, string>> = {}
  for (const { reference, id } of images) {
    const repository = reference.slice(0, reference.lastIndexOf(':'))
    result[repository] = { ...result[repository], [reference]: id }
  }
  return result
}

function copy(source: string, target: string, path: string): void {
  if (existsSync(join(target, path))) return
  cpSync(join(source, path), join(target, path), { recursive: true, preserveTimestamps: true })
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, '')
}
