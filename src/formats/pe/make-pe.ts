type Content = string | Uint8Array

/**
 * A PE image for tests, of sections by name, or of a list where a name comes again: headers at 128, each section in blocks of
 * 512 bytes.
 */
export function makePe(
  sections: Readonly<Record<string, Content>> | readonly (readonly [string, Content])[],
): Uint8Array {
  const named: readonly (readonly [string, Content])[] = Array.isArray(sections)
    ? sections
    : Object.entries(sections)
  const contents = named.map(
    ([name, content]) =>
      [name, typeof content === 'string' ? new TextEncoder().encode(content) : content] as const,
  )
  const table = 128 + 24 + 240
  const blocks = (length: number): number => Math.ceil(length / 512) * 512
  let offset = blocks(table + contents.length * 40)
  const image = new Uint8Array(offset + contents.reduce((sum, [, { length }]) => sum + blocks(length), 0))
  const view = new DataView(image.buffer)
  view.setUint16(0, 0x5a4d, true)
  view.setUint32(60, 128, true)
  view.setUint32(128, 0x4550, true)
  view.setUint16(132, 0x8664, true)
  view.setUint16(134, contents.length, true)
  view.setUint16(148, 240, true)
  // PE32+, for EFI: what tells an EFI program from others.
  view.setUint16(152, 0x20b, true)
  view.setUint16(152 + 68, 10, true)
  view.setUint32(152 + 108, 16, true)
  for (const [index, [name, content]] of contents.entries()) {
    const at = table + index * 40
    image.set(new TextEncoder().encode(name), at)
    view.setUint32(at + 8, content.length, true)
    view.setUint32(at + 16, blocks(content.length), true)
    view.setUint32(at + 20, offset, true)
    image.set(content, offset)
    offset += blocks(content.length)
  }
  return image
}
