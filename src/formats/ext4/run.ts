import { raise } from './errors.ts'
import type { Inode } from './inode.ts'
import { holdsBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

/** Neighbouring blocks of a file that are neighbours on the disk, too. */
export type Run = Readonly<{
  /** First block of the file, and of the disk. */
  logical: number
  physical: number
  count: number
  /** Allocated, never written: reads as zeros. */
  unwritten: boolean
}>

/** Where in the mapping a fault was found: for messages. */
export type Place = Readonly<{ structure: string; offsetBytes: number }>

/**
 * Gathers what a file consists of, in order.
 *
 * INVARIANTS: runs follow one another and do not overlap within the file; every block lies in the file system; together
 * they have no more blocks than the file system, so that a few hostile entries cannot stand for terabytes to read; a
 * block of the mapping itself is visited once.
 */
export class RunList {
  readonly runs: Run[] = []
  readonly #volume: Volume
  readonly #inode: Inode
  readonly #visited = new Set<number>()
  #total = 0
  #end = 0

  constructor(volume: Volume, inode: Inode) {
    this.#volume = volume
    this.#inode = inode
  }

  add(run: Run, place: Place): void {
    if (!holdsBlocks(this.#volume, run.physical, run.count))
      throw this.damaged(place, 'first block', run.physical, 'a block of the file system')
    if (run.logical < this.#end)
      throw this.damaged(place, 'logical block', run.logical, `${this.#end} or more`)
    this.#end = run.logical + run.count
    this.#total += run.count
    if (
      this.#total > this.#volume.superblock.blocks &&
      !this.#volume.superblock.features.has('shared_blocks')
    )
      throw this.damaged(place, 'sum of blocks', this.#total, `at most ${this.#volume.superblock.blocks}`)
    const last = this.runs.at(-1)
    if (
      last !== undefined &&
      last.unwritten === run.unwritten &&
      last.logical + last.count === run.logical &&
      last.physical + last.count === run.physical
    ) {
      this.runs[this.runs.length - 1] = { ...last, count: last.count + run.count }
    } else {
      this.runs.push(run)
    }
  }

  /** Notes that a block of the mapping is about to be read. */
  visit(block: number, place: Place): void {
    if (!holdsBlocks(this.#volume, block))
      throw this.damaged(place, 'child block', block, 'a block of the file system')
    if (this.#visited.has(block)) throw this.damaged(place, 'child block', block, 'a block that occurs once')
    this.#visited.add(block)
  }

  damaged(place: Place, field: string, found: string | number, expected: string) {
    return raise('EXT4_MAPPING_DAMAGED', { inode: this.#inode.number, ...place, field, found, expected })
  }
}
