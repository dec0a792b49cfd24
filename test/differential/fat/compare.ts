import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fromBytes } from '../../../src/bytes/index.ts'
import { openFat } from '../../../src/formats/fat/index.ts'
import type { FileSystem } from '../../../src/formats/filesystem/index.ts'
import { treeOf } from '../../fixtures/tree.ts'
import { Random } from '../random.ts'
import { run } from '../run.ts'
import { differencesOf } from '../target.ts'
import type { Comparison } from '../target.ts'
import { makeFat } from './make.ts'

type Node =
  | Readonly<{ path: string; size: number; mtime: number; sha256: string }>
  | Readonly<{ path: string }>

export async function compareFat(seed: number, directory: string): Promise<Comparison> {
  const image = join(directory, 'image')
  const made = makeFat(new Random(seed), directory, image)
  const fs = await openFat(fromBytes(readFileSync(image)))
  const theirs = copiedOut(image, join(directory, 'out'))
  const ours = (await treeOf(fs)).flatMap(({ path, kind, size = 0, mtime = 0, sha256 = '' }): Node[] => {
    if (path === '/') return []
    return [kind === 'directory' ? { path } : { path, size, mtime, sha256 }]
  })
  const facts = await factsOf(fs)
  return {
    made,
    nodes: theirs.length,
    differences: [
      ...differencesOf(ours, theirs, 'files'),
      ...differencesOf(facts, saidOf(image, fs.warnings.length), 'facts'),
    ],
  }
}

/** What mtools copies out. */
function copiedOut(image: string, out: string): readonly Node[] {
  mkdirSync(out)
  if (run('mdir', ['-i', image, '-b', '-a', '::/']).trim() === '') return []
  run('mcopy', ['-i', image, '-s', '-m', '-p', '-n', '::/', out])
  const nodes: Node[] = []
  const walk = (path: string): void => {
    for (const name of readdirSync(join(out, path))) {
      const child = `${path}/${name}`
      const stat = statSync(join(out, child))
      if (stat.isDirectory()) {
        nodes.push({ path: child })
        walk(child)
        continue
      }
      const bytes = readFileSync(join(out, child))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      nodes.push({ path: child, size: bytes.length, mtime: Math.floor(stat.mtimeMs / 1000), sha256 })
    }
  }
  walk('')
  return nodes
}

async function factsOf(fs: FileSystem): Promise<readonly unknown[]> {
  let free = 0
  for await (const { kind, lengthBytes } of fs.allocation()) if (kind === 'unallocated') free += lengthBytes
  const { label, uuid, freeBytes } = fs.facts
  return [{ label }, { uuid }, { noted: freeBytes }, { free }, { warnings: fs.warnings.length }]
}

function saidOf(image: string, warnings: number): readonly unknown[] {
  const blkid = run('blkid', ['--probe', '--output', 'export', image])
  const tag = (name: string): string =>
    new RegExp(`^${name}=(.*)$`, 'm').exec(blkid)?.[1]?.replaceAll('\\ ', ' ') ?? ''
  const free = Number(
    /([\d ]+) bytes free/.exec(run('mdir', ['-i', image, '-a', '::/']))?.[1]?.replaceAll(' ', ''),
  )
  // None of these was left dirty.
  return [
    { label: tag('LABEL') },
    { uuid: tag('UUID') },
    { noted: free },
    { free },
    { warnings: Math.min(warnings, 0) },
  ]
}
