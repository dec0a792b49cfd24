import { cached, windowOf } from '../../bytes/index.ts'
import type { ByteSource, Extent } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import type { Geometry } from './geometry.ts'

/** Clusters that follow one another on the disk. */
export type Run = Readonly<{ first: number; count: number }>

/** A whole number of entries of each width, so that none lies across two blocks. */
const BLOCK_BYTES = 48 * 1024

/** The table that gives for each cluster the one that follows it. */
export class Table {
  readonly #geometry: Geometry
  readonly #source: ByteSource
  readonly #name: string
  readonly #bad: number

  constructor(source: ByteSource, geometry: Geometry) {
    const { tableOffsetBytes, tableBytes, bits } = geometry
    this.#geometry = geometry
    this.#name = source.name
    this.#source = cached(windowOf(source, tableOffsetBytes, tableBytes, source.name), {
      blockBytes: BLOCK_BYTES,
      blocks: 8,
    })
    this.#bad = 2 ** (bits === 32 ? 28 : bits) - 9
  }

  /**
   * The chain from a cluster on, as runs. A file's has `clusters` of them (more are left alone, fewer are an error); a
   * directory's goes on to its end, and is an error where it has more than `clusters`.
   */
  async chain(
    first: number,
    clusters: number,
    kind: 'file' | 'directory',
    signal?: AbortSignal,
  ): Promise<readonly Run[]> {
    const runs: { first: number; count: number }[] = []
    const broken = (expected: string, found: number): Error => {
      const about = {
        source: this.#name,
        what: `a ${kind}`,
        first,
        length: length === 1 ? '1 cluster' : `${length} clusters`,
      }
      return raise('FAT_CHAIN_BROKEN', { ...about, expected, found: found.toString() })
    }
    let length = 0
    let cluster = first
    for (;;) {
      if (kind === 'file' && length >= clusters) return runs
      if (cluster > this.#bad) {
        if (kind === 'directory' && length > 0) return runs
        throw broken('another cluster', cluster)
      }
      if (cluster < 2 || cluster >= this.#geometry.clusters + 2) {
        throw broken(`a cluster from 2 to ${this.#geometry.clusters + 1}`, cluster)
      }
      if (length >= clusters || length >= this.#geometry.clusters) throw broken('its end', cluster)
      const run = runs.at(-1)
      if (run !== undefined && run.first + run.count === cluster) run.count += 1
      else runs.push({ first: cluster, count: 1 })
      length += 1
      cluster = await this.#next(cluster, signal)
    }
  }

  /** Entry 1 holds two flags: cleared while the file system is mounted, and after a read or write failed. */
  async isMarkedDirty(signal?: AbortSignal): Promise<boolean> {
    const { bits } = this.#geometry
    if (bits === 12) return false
    const entry = await this.#next(1, signal)
    const flags = bits === 16 ? 0xc000 : 0x0c00_0000
    return (entry & flags) !== flags
  }

  /** Runs of clusters that are free, or that are not, in order, over all of them. */
  async *usage(signal?: AbortSignal): AsyncGenerator<Run & Readonly<{ isFree: boolean }>, void, undefined> {
    const end = this.#geometry.clusters + 2
    let run: { first: number; count: number; isFree: boolean } | undefined
    for (let cluster = 2; cluster < end;) {
      const { block, firstEntry, entries } = await this.#blockOf(cluster, signal)
      const last = Math.min(end, firstEntry + entries)
      for (; cluster < last; cluster += 1) {
        const isFree = this.#entryIn(block, cluster - firstEntry) === 0
        if (run !== undefined && run.isFree === isFree) run.count += 1
        else {
          if (run !== undefined) yield run
          run = { first: cluster, count: 1, isFree }
        }
      }
    }
    if (run !== undefined) yield run
  }

  async #next(cluster: number, signal?: AbortSignal): Promise<number> {
    const { block, firstEntry } = await this.#blockOf(cluster, signal)
    return this.#entryIn(block, cluster - firstEntry)
  }

  async #blockOf(
    cluster: number,
    signal?: AbortSignal,
  ): Promise<Readonly<{ block: Uint8Array; firstEntry: number; entries: number }>> {
    const { bits, tableBytes } = this.#geometry
    const entries = (BLOCK_BYTES * 8) / bits
    const index = Math.floor(cluster / entries)
    const offset = index * BLOCK_BYTES
    const block = await this.#source.read(offset, Math.min(BLOCK_BYTES, tableBytes - offset), signal)
    return { block, firstEntry: index * entries, entries }
  }

  /** `geometryOf` made sure that the table has an entry for every cluster; `?? 0` is for the compiler. */
  #entryIn(block: Uint8Array, index: number): number {
    const { bits } = this.#geometry
    if (bits === 12) {
      const at = index + (index >> 1)
      const pair = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8)
      return index % 2 === 0 ? pair & 0xfff : pair >> 4
    }
    const at = index * (bits / 8)
    const low = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8)
    if (bits === 16) return low
    // The upper four bits are reserved.
    return low | ((block[at + 2] ?? 0) << 16) | (((block[at + 3] ?? 0) & 0x0f) << 24)
  }
}

/** Where a run lies, in bytes. */
export function placeOf(run: Run, geometry: Geometry): Omit<Extent, 'kind'> {
  return {
    offsetBytes: geometry.dataOffsetBytes + (run.first - 2) * geometry.clusterBytes,
    lengthBytes: run.count * geometry.clusterBytes,
  }
}
