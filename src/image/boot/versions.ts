/**
 * Versions as boot loaders compare them. Both give less than 0 where `a` is the older one.
 */

/** As rpm does, and GRUB's blscfg after it (vercmp() in grub-core/commands/blscfg.c). */
export function compareRpmVersions(a: string, b: string): number {
  let [one, two] = [a, b]
  while (one !== '' || two !== '') {
    one = one.replace(/^[^0-9A-Za-z~]+/, '')
    two = two.replace(/^[^0-9A-Za-z~]+/, '')
    if (one.startsWith('~') || two.startsWith('~')) {
      if (!one.startsWith('~')) return 1
      if (!two.startsWith('~')) return -1
      one = one.slice(1)
      two = two.slice(1)
      continue
    }
    if (one === '' || two === '') break
    const numeric = isDigit(one)
    const segment = numeric ? /^[0-9]*/ : /^[A-Za-z]*/
    const left = segment.exec(one)?.[0] ?? ''
    const right = segment.exec(two)?.[0] ?? ''
    // Numbers are newer than letters.
    if (right === '') return numeric ? 1 : -1
    const order = numeric ? compareDigits(left, right) : compareText(left, right)
    if (order !== 0) return order
    one = one.slice(left.length)
    two = two.slice(right.length)
  }
  if (one === '' && two === '') return 0
  return one === '' ? -1 : 1
}

/** The UAPI group's Version Format Specification (UAPI.10): strverscmp_improved() of systemd. */
export function compareUapiVersions(a: string, b: string): number {
  let [one, two] = [a, b]
  for (;;) {
    one = one.replace(/^[^0-9A-Za-z~^.-]+/, '')
    two = two.replace(/^[^0-9A-Za-z~^.-]+/, '')
    // A pre-release is older than an end; a release (-), a patch (^) and a point (.) older than what has none of them.
    for (const prefix of ['~', '', '-', '^', '.']) {
      if (prefix === '') {
        if (one === '' || two === '') return one === two ? 0 : one === '' ? -1 : 1
        continue
      }
      const [left, right] = [one.startsWith(prefix), two.startsWith(prefix)]
      if (left !== right) return left ? -1 : 1
      if (left) [one, two] = [one.slice(1), two.slice(1)]
    }
    const numeric = isDigit(one) || isDigit(two)
    const segment = numeric ? /^[0-9]*/ : /^[A-Za-z]*/
    const left = segment.exec(one)?.[0] ?? ''
    const right = segment.exec(two)?.[0] ?? ''
    if (numeric && (left === '') !== (right === '')) return left === '' ? -1 : 1
    const order = numeric ? compareDigits(left, right) : compareText(left, right)
    if (order !== 0) return order
    one = one.slice(left.length)
    two = two.slice(right.length)
  }
}

function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, '')
  const right = b.replace(/^0+/, '')
  return left.length === right.length ? compareText(left, right) : left.length - right.length
}

/** By code units, as strcmp() does for ASCII. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isDigit(text: string): boolean {
  return /^[0-9]/.test(text)
}
