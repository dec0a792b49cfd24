const FIRST_SLOTS = 2048
/** What was removed leaves a slot that a search has to go on behind. */
const REMOVED = 0xff_ff_ff_ff
/** With half of the slots in use, a search passes some dozens. A search this long is a table of chosen names. */
const MOST_STEPS = 512

/** Hash and equality of the rows that are indexed: they are not kept here. */
export type Indexed = Readonly<{
  hashOf: (row: number) => number
  isAt: (row: number, directory: number, name: Uint8Array) => boolean
}>

/** Finds an entry by its directory and name: open addressing over row numbers. */
export class EntryIndex {
  readonly #of: Indexed
  #slots = new Uint32Array(FIRST_SLOTS)
  /** Slots that are not empty. */
  #taken = 0
  #count = 0
  /** Slots that all searches looked at. */
  #looks = 0

  constructor(of: Indexed) {
    this.#of = of
  }

  get looks(): number {
    return this.#looks
  }

  /** 0 where there is none. */
  find(directory: number, name: Uint8Array): number {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hashOf(directory, name) & mask; ; slot = (slot + 1) & mask) {
      const row = slots[slot] ?? 0
      this.#looks += 1
      if (row === 0) return 0
      if (row !== REMOVED && this.#of.isAt(row, directory, name)) return row
    }
  }

  /** False where names were chosen so that finding them takes for ever. */
  add(row: number): boolean {
    if (this.#taken * 2 >= this.#slots.length && !this.#rebuild()) return false
    const found = put(this.#slots, row, this.#of.hashOf(row))
    if (found === 'none') return false
    if (found === 'empty') this.#taken += 1
    this.#count += 1
    return true
  }

  remove(row: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = this.#of.hashOf(row) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (slots[slot] !== row) continue
      slots[slot] = REMOVED
      this.#count -= 1
      return
    }
  }

  #rebuild(): boolean {
    let size = FIRST_SLOTS
    while (size < (this.#count + 1) * 4) size *= 2
    const slots = new Uint32Array(size)
    for (const row of this.#slots) {
      if (row !== 0 && row !== REMOVED && put(slots, row, this.#of.hashOf(row)) === 'none') return false
    }
    this.#slots = slots
    this.#taken = this.#count
    return true
  }
}

/** Whether a slot was found, and what was in it: a name that is replaced again and again takes no more room each time. */
function put(slots: Uint32Array, row: number, hash: number): 'empty' | 'removed' | 'none' {
  const mask = slots.length - 1
  let slot = hash & mask
  for (let steps = 0; slots[slot] !== 0 && slots[slot] !== REMOVED; steps += 1) {
    if (steps > MOST_STEPS) return 'none'
    slot = (slot + 1) & mask
  }
  const found = slots[slot] === 0 ? 'empty' : 'removed'
  slots[slot] = row
  return found
}

/** FNV-1a over the name, begun with the directory, and stirred so that neighbours part. */
export function hashOf(directory: number, name: Uint8Array): number {
  let hash = Math.imul(directory ^ 0x81_1c_9d_c5, 0x9e_37_79_b1)
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ (name[index] ?? 0), 0x01_00_01_93)
  }
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x85_eb_ca_6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
