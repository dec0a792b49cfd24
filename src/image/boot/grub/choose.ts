import { parseGrubNumber } from './number.ts'

export type Named = Readonly<{ id: string; title: string }>

/**
 * The entry of one menu that a value of `default` names (get_entry_number in grub-core/normal/menu.c): a number where it
 * begins with digits, else a title or id up to a `>`. Fedora's looks for ids and titles first. undefined where it names
 * nothing: then it is the first.
 */
export function entryNumber(
  menu: readonly Named[],
  value: string,
  dialect: 'upstream' | 'fedora',
): number | undefined {
  const number = parseGrubNumber(value)
  const byNumber = number === undefined || number.overflows ? undefined : toIndex(number.value)
  if (dialect === 'upstream') {
    return number === undefined
      ? indexOf(menu, ({ id, title }) => isSame(title, value) || isSame(id, value))
      : byNumber
  }
  const [word = ''] = /^[^ \t\r\n]*/.exec(value) ?? []
  const byId = indexOf(menu, ({ id }) => id !== '' && isSame(id, word))
  // Something behind an id makes it none.
  if (byId !== undefined) return word === value ? byId : undefined
  const byTitle = indexOf(menu, ({ title }) => title !== '' && isSame(title, value))
  if (byTitle !== undefined) return byTitle
  return number?.rest === '' ? byNumber : undefined
}

/** The entries that `fallback` names: numbers, one behind the other; with Fedora's GRUB ids, too. */
export function fallbackNumbers(
  menu: readonly Named[],
  value: string,
  dialect: 'upstream' | 'fedora',
): readonly number[] {
  const numbers: number[] = []
  if (dialect === 'fedora') {
    for (const word of value.split(/[ \t\r\n]+/)) {
      const number = entryNumber(menu, word, dialect)
      if (number === undefined) return numbers
      numbers.push(number)
    }
    return numbers
  }
  for (let rest = value; ;) {
    const next = parseGrubNumber(rest)
    if (next === undefined || next.overflows) return numbers
    const index = toIndex(next.value)
    if (index === undefined) return numbers
    numbers.push(index)
    rest = next.rest.replace(/^[ \t\r\n]+/, '')
  }
}

/** What is left of `default` for the menu that its entry opens; undefined where nothing is. */
export function restOfDefault(value: string): string | undefined {
  const [, rest = ''] = /^(?:[^>]|>>)*>([^]*)$/.exec(value) ?? []
  return rest === '' ? undefined : rest
}

/** An id within `$chosen`: a `>` is doubled. */
export function escapeId(id: string): string {
  return id.replaceAll('>', '>>')
}

function indexOf(menu: readonly Named[], fits: (one: Named) => boolean): number | undefined {
  const index = menu.findIndex(fits)
  return index === -1 ? undefined : index
}

/** An int of C. */
function toIndex(value: bigint): number | undefined {
  const int = Number(BigInt.asIntN(32, value))
  return int < 0 ? undefined : int
}

/** menuentry_eq: the name is the value up to a `>` that is not doubled. */
function isSame(name: string, value: string): boolean {
  const [first = ''] = /^(?:[^>]|>>)*/.exec(value) ?? []
  return first.replaceAll('>>', '>') === name
}
