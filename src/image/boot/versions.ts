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

/**
 * File names of BLS entries as Fedora's GRUB compares them (split_cmp() in blscfg.c): name, version and release of an rpm
 * package, each by its own vercmp(), which knows `+`, too.
 */
export function compareGrubNames(a: string, b: string): number {
  const [left, right] = [splitPackage(a), splitPackage(b)]
  return (
    compareWithPlus(left[0], right[0]) ||
    compareWithPlus(left[1], right[1]) ||
    compareWithPlus(left[2], right[2])
  )
}

/** The last two dashes part name, version and release; with one dash, what is behind it is the version. */
function splitPackage(text: string): readonly [string, string, string] {
  const parts = text.split('-')
  if (parts.length === 1) return [text, '', '']
  if (parts.length === 2) return [parts[0] ?? '', parts[1] ?? '', '']
  return [parts.slice(0, -2).join('-'), parts.at(-2) ?? '', parts.at(-1) ?? '']
}

function compareWithPlus(a: string, b: string): number {
  let [one, two] = [a, b]
  if (a === b) return 0
  while (one !== '' || two !== '') {
    one = one.replace(/^[^0-9A-Za-z~+]+/, '')
    two = two.replace(/^[^0-9A-Za-z~+]+/, '')
    if (one.startsWith('~') || two.startsWith('~')) {
      if (!one.startsWith('~')) return 1
      if (!two.startsWith('~')) return -1
    } else if (one.startsWith('+') || two.startsWith('+')) {
      if (one === '') return -1
      if (two === '') return 1
      if (!one.startsWith('+')) return 1
      if (!two.startsWith('+')) return -1
    } else {
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
      continue
    }
    one = one.slice(1)
    two = two.slice(1)
  }
  if (one === '' && two === '') return 0
  return one === '' ? -1 : 1
}

/** File names as upstream's blscfg and `sort -V` compare them: filevercmp() of gnulib. */
export function compareFileVersions(a: string, b: string): number {
  if (a === '' || b === '') return Number(a !== '') - Number(b !== '')
  const [hiddenA, hiddenB] = [a.startsWith('.'), b.startsWith('.')]
  if (hiddenA !== hiddenB) return hiddenA ? -1 : 1
  const [prefixA, prefixB] = [a, b].map(
    (name) => /^[^]+?(?=(?:\.[A-Za-z~][A-Za-z0-9~]*)*$)/.exec(name)?.[0] ?? '',
  )
  return compareDebian(prefixA ?? '', prefixB ?? '') || compareDebian(a, b)
}

/** verrevcmp() of gnulib, which is dpkg's. */
function compareDebian(a: string, b: string): number {
  let [left, right] = [0, 0]
  const rank = (text: string, at: number): number => {
    const char = text[at]
    if (char === undefined) return -1
    if (/[0-9]/.test(char)) return 0
    if (char === '~') return -2
    return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256
  }
  const isDigitAt = (text: string, at: number): boolean => /[0-9]/.test(text[at] ?? '')
  while (left < a.length || right < b.length) {
    while ((left < a.length && !isDigitAt(a, left)) || (right < b.length && !isDigitAt(b, right))) {
      const order = rank(a, left) - rank(b, right)
      if (order !== 0) return order
      left += 1
      right += 1
    }
    while (a[left] === '0') left += 1
    while (b[right] === '0') right += 1
    let first = 0
    while (isDigitAt(a, left) && isDigitAt(b, right)) {
      first ||= a.charCodeAt(left) - b.charCodeAt(right)
      left += 1
      right += 1
    }
    if (isDigitAt(a, left)) return 1
    if (isDigitAt(b, right)) return -1
    if (first !== 0) return first
  }
  return 0
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
