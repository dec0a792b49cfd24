const HIGHEST = (1n << 64n) - 1n

/**
 * Numbers as GRUB reads them (grub_strtoull in grub-core/kern/misc.c, base 0): `0x` for 16, `0` before an octal digit for
 * 8. undefined where there are no digits. `rest` is what stands behind them.
 */
export function parseGrubNumber(
  text: string,
): Readonly<{ value: bigint; rest: string; overflows: boolean }> | undefined {
  const [, prefix = '', digits = '', rest = ''] =
    /^[ \t\r\n]*(?:(0x)([0-9a-fA-F]*)|(?=0[0-7])()([0-7]+)|()([0-9]*))([^]*)$/
      .exec(text)
      ?.filter((group) => group !== undefined) ?? []
  if (digits === '') return undefined
  // 64 bits are 22 octal digits.
  const significant = digits.replace(/^0+(?=.)/, '')
  const value =
    significant.length > 22
      ? HIGHEST + 1n
      : BigInt(prefix === '0x' ? `0x${significant}` : isOctal(text) ? `0o${significant}` : significant)
  return value > HIGHEST ? { value: HIGHEST, rest, overflows: true } : { value, rest, overflows: false }
}

/** As `test` reads them, into an int: a `-` may stand in front; 0 where there is no number. */
export function testNumber(text: string): bigint {
  const isNegative = text.startsWith('-')
  const value = parseGrubNumber(isNegative ? text.slice(1) : text)?.value ?? 0n
  return BigInt.asIntN(32, isNegative ? -value : value)
}

function isOctal(text: string): boolean {
  return /^[ \t\r\n]*0[0-7]/.test(text)
}
