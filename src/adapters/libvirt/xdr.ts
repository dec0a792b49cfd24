/**
 * XDR (RFC 4506), as far as libvirt's RPC needs it: everything is big-endian and padded to 4 bytes.
 * Reading checks each bound before it allocates. Both ends throw XdrError; the caller knows what was being read.
 */

export class XdrError extends Error {
  readonly offsetBytes: number

  constructor(offsetBytes: number, expected: string) {
    super(`byte ${offsetBytes}: expected ${expected}`)
    this.name = 'XdrError'
    this.offsetBytes = offsetBytes
  }
}

export type XdrReader = Readonly<{
  /** 32-bit integers (RFC 4506, 4.1 and 4.2). */
  int(): number
  uint(): number
  /** 64-bit unsigned integer (4.5). */
  uhyper(): bigint
  /** Fixed-length opaque data (4.9). A view of the message, not a copy. */
  opaque(length: number): Uint8Array
  /** UTF-8 string of at most `max` bytes (4.11). */
  string(max: number): string
  /** Optional data (4.19). */
  optional<T>(read: () => T): T | undefined
  /** Variable-length array (4.13) of at most `max` items. */
  array<T>(max: number, read: () => T): readonly T[]
  /** Throws unless everything was read. */
  end(): void
}>

export function xdrReader(bytes: Uint8Array): XdrReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (length: number, what: string): number => {
    if (at + length > bytes.length)
      throw new XdrError(at, `${what} (${length} bytes, ${bytes.length - at} are left)`)
    const start = at
    at += length
    return start
  }
  const count = (max: number, what: string): number => {
    const start = at
    const length = view.getUint32(take(4, `length of ${what}`))
    if (length > max) throw new XdrError(start, `at most ${max} in ${what}, found ${length}`)
    return length
  }
  const reader: XdrReader = {
    int: () => view.getInt32(take(4, 'an integer')),
    uint: () => view.getUint32(take(4, 'an unsigned integer')),
    uhyper: () => view.getBigUint64(take(8, 'an unsigned hyper')),
    opaque(length) {
      const start = take(length + padding(length), 'opaque data')
      return bytes.subarray(start, start + length)
    },
    string: (max) => new TextDecoder().decode(reader.opaque(count(max, 'a string'))),
    optional(read) {
      const start = at
      const present = reader.uint()
      if (present > 1) throw new XdrError(start, `a boolean, found ${present}`)
      return present === 1 ? read() : undefined
    },
    array: (max, read) => Array.from({ length: count(max, 'an array') }, read),
    end() {
      if (at !== bytes.length) throw new XdrError(at, `the end, ${bytes.length - at} bytes are left`)
    },
  }
  return reader
}

/** Encoders: concatenate with `xdrJoin`. */
export function xdrInt(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value)
  return bytes
}

export function xdrUint(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

export function xdrUhyper(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}

export function xdrOpaque(value: Uint8Array): Uint8Array {
  return xdrJoin([value, new Uint8Array(padding(value.length))])
}

export function xdrString(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value)
  return xdrJoin([xdrUint(bytes.length), xdrOpaque(bytes)])
}

export function xdrOptional(value: Uint8Array | undefined): Uint8Array {
  return value === undefined ? xdrUint(0) : xdrJoin([xdrUint(1), value])
}

export function xdrArray(items: readonly Uint8Array[]): Uint8Array {
  return xdrJoin([xdrUint(items.length), ...items])
}

export function xdrJoin(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4
}
