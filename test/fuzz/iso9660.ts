import type { ByteSource } from '../../src/bytes/index.ts'
import type { FileSystem, NodeId } from '../../src/formats/filesystem/index.ts'
import { openIso9660 } from '../../src/formats/iso9660/index.ts'
import { RECORD, VOLUME } from '../../src/formats/iso9660/layout.ts'
import { loadImage } from '../fixtures/load-image.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

const FIXTURES = new URL('../../src/formats/iso9660/fixtures/', import.meta.url)
const SEEDS = ['rock-ridge', 'moved', 'joliet', 'plain', 'installer']
const MOST_NODES = 200
const READ_BYTES = 20_000

export const iso9660: FuzzTarget = {
  name: 'iso9660',
  seeds: () => Promise.all(SEEDS.map((name) => loadImage(new URL(`${name}.iso.zst`, FIXTURES).pathname))),
  async exercise(source) {
    const fs = await openIso9660(source)
    for (const { offsetBytes, lengthBytes } of fs.bootImages ?? []) {
      await source.read(offsetBytes, Math.min(lengthBytes, 512))
    }
    const waiting: NodeId[] = [fs.root]
    for (let count = 0; count < MOST_NODES; count += 1) {
      const id = waiting.shift()
      if (id === undefined) return
      await look(fs, id, waiting)
    }
  },
  /** Descriptors are in sector 16 and the next ones; directories and what goes on of their records, in those behind. */
  async fields(seed: ByteSource) {
    const fields: FuzzField[] = [16, 17, 18].flatMap((sector) => [
      ...fieldsOf(VOLUME, sector * 2048, 'le'),
      ...fieldsOf(RECORD, sector * 2048 + 156, 'le'),
    ])
    for (let sector = 18; sector < 64; sector += 1) {
      for (let at = sector * 2048; at < sector * 2048 + 600; at += 2) {
        fields.push({ offsetBytes: at, lengthBytes: 2, endian: 'le' })
      }
    }
    return fields.filter(({ offsetBytes, lengthBytes }) => offsetBytes + lengthBytes <= seed.size)
  },
}

/** An AnnealError of one node is an answer: the others are looked at all the same. */
async function look(fs: FileSystem, id: NodeId, waiting: NodeId[]): Promise<void> {
  try {
    const { kind } = await fs.stat(id)
    if (kind === 'symlink') await fs.readLink(id)
    if (kind === 'file') {
      const source = await fs.open(id)
      await source.read(0, Math.min(READ_BYTES, source.size))
      for await (const range of fs.ranges(id)) if (range.lengthBytes <= 0) throw new Error('an empty range')
    }
    if (kind === 'directory') {
      for await (const entry of fs.list(id)) if (waiting.length < MOST_NODES) waiting.push(entry.id)
    }
  } catch (error) {
    if (!(error instanceof Error && 'remedy' in error)) throw error
  }
}
