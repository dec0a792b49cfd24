const UTF_8 = new TextEncoder()

/** A name without Rock Ridge, as Linux shows it: Joliet's in UTF-8, else in lower case, without version and empty extension. */
export function plainName(raw: Uint8Array, joliet: boolean): Uint8Array {
  if (joliet) {
    const name = new TextDecoder('utf-16be').decode(raw.subarray(0, raw.length - (raw.length % 2)))
    return UTF_8.encode(withoutVersion(name))
  }
  const name = withoutVersion(String.fromCharCode(...raw)).replaceAll(';', '.')
  return UTF_8.encode(name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
}

function withoutVersion(name: string): string {
  return name.replace(/;1$/, '').replace(/\.$/, '')
}
