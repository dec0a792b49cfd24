/**
 * fnmatch(3) without flags but FNM_CASEFOLD, which is how systemd compares names of entries: `*`, `?`, `[a-z]`, `[!a]`, and `\`
 * before a character that stands for itself.
 */
export function fromGlob(pattern: string): (name: string) => boolean {
  let source = ''
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? ''
    if (char === '*') source += '[^]*'
    else if (char === '?') source += '[^]'
    else if (char === '\\' && at + 1 < pattern.length) {
      at += 1
      source += literal(pattern[at] ?? '')
    } else if (char === '[') {
      const list = readList(pattern, at)
      if (list === undefined) source += literal(char)
      else {
        source += list.source
        at = list.end
      }
    } else source += literal(char)
  }
  let expression: RegExp
  try {
    expression = new RegExp(`^${source}$`, 'i')
  } catch {
    // A range that runs backwards fits nothing.
    return () => false
  }
  return (name) => expression.test(name)
}

function readList(pattern: string, start: number): Readonly<{ source: string; end: number }> | undefined {
  let at = start + 1
  const isNegated = pattern[at] === '!' || pattern[at] === '^'
  if (isNegated) at += 1
  let inside = ''
  for (let isFirst = true; at < pattern.length; at += 1, isFirst = false) {
    const char = pattern[at] ?? ''
    if (char === ']' && !isFirst) return { source: `[${isNegated ? '^' : ''}${inside}]`, end: at }
    if (char === '-' && !isFirst && pattern[at + 1] !== ']') inside += '-'
    else if (char === '\\' && at + 1 < pattern.length) {
      at += 1
      inside += literal(pattern[at] ?? '')
    } else inside += literal(char)
  }
  return undefined
}

function literal(char: string): string {
  return /[A-Za-z0-9_]/.test(char) ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
