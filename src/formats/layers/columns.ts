import { raise } from './errors.ts'

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array | BigInt64Array

const FIRST_ROWS = 1024
/**
 * Rows as columns of numbers: an object for each of a million files would take ten times the memory. Row 0 is none.
 * A row that was given back is used again, and holds what it held.
 */
export class Rows<Columns extends Readonly<Record<string, Column>>> {
  readonly columns: Columns
  readonly #what: string
  readonly #most: number
  readonly #free: number[] = []
  #rows = 1
  #capacity = FIRST_ROWS

  /** `what` is for messages. `make` gives empty columns of so many rows, `most` is how many there may be. */
  constructor(what: string, make: (rows: number) => Columns, most: number) {
    this.#what = what
    this.#most = most
    const columns: Record<string, Column> = { ...make(0) }
    for (const [name, column] of Object.entries(columns)) columns[name] = growing(column, most + 1)
    this.columns = columns as Columns
  }

  /** How many are in use. */
  get count(): number {
    return this.#rows - 1 - this.#free.length
  }

  /** Throws LAYERS_TOO_LARGE. */
  add(layer: string): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#rows > this.#most) {
      throw raise('LAYERS_TOO_LARGE', { layer, limit: this.#most, what: this.#what })
    }
    if (this.#rows === this.#capacity) this.#grow()
    this.#rows += 1
    return this.#rows - 1
  }

  remove(row: number): void {
    this.#free.push(row)
  }

  #grow(): void {
    this.#capacity = Math.min(this.#capacity * 2, this.#most + 1)
    for (const { buffer, BYTES_PER_ELEMENT } of Object.values(this.columns))
      (buffer as ArrayBuffer).resize(this.#capacity * BYTES_PER_ELEMENT)
  }
}

/** A column that grows where it is: to copy all of them would take half as much memory again. */
function growing({ constructor, BYTES_PER_ELEMENT: width }: Column, mostRows: number): Column {
  const Kind = constructor as new (buffer: ArrayBuffer) => Column
  return new Kind(new ArrayBuffer(FIRST_ROWS * width, { maxByteLength: mostRows * width }))
}
