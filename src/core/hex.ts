/** Two lower-case digits for each byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** The bytes of hexadecimal digits, two for each byte. The caller has checked the digits. */
export function bytesOfHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** `\x2d` becomes `-`: systemd in names of units, udev in names of links and dracut in names of hooks escape characters so. */
export function unescapeHex(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** A 32-bit number as specifications print it: `0x0000ef53`. */
export function formatHex32(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`
}
