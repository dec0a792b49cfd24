import type { Command, FlagSpec } from '../command.ts'

/** What may stand where a value is expected: words from a list, a file, a directory, or free text. */
export type Candidates =
  | Readonly<{ kind: 'words'; words: readonly string[] }>
  | Readonly<{ kind: 'files' | 'directories' | 'text' }>

/** One word of a command's path, such as `node` or `plan`, and what it is for. */
export type Word = Readonly<{ word: string; summary: string }>

/** A place where the next word of a command is expected: `[]`, `['node']`. */
export type Group = Readonly<{ path: readonly string[]; words: readonly Word[] }>

/** Groups in the order of the table of commands. A group of commands has no summary of its own: it names its members. */
export function groupsOf(commands: readonly Command[]): readonly Group[] {
  const groups = new Map<string, { path: readonly string[]; words: Map<string, string> }>()
  for (const { path, summary } of commands) {
    for (const [index, word] of path.entries()) {
      const before = path.slice(0, index)
      const group = groups.get(before.join(' ')) ?? { path: before, words: new Map<string, string>() }
      groups.set(before.join(' '), group)
      const isCommand = index === path.length - 1
      const members = group.words.get(word)
      group.words.set(
        word,
        isCommand ? summary : `${members === undefined ? '' : `${members}, `}${path[index + 1]}`,
      )
    }
  }
  return [...groups.values()].map(({ path, words }) => ({
    path,
    words: [...words].map(([word, summary]) => ({ word, summary })),
  }))
}

/** What the value of a flag may be; undefined for a flag that takes none. */
export function candidatesOf(spec: FlagSpec): Candidates | undefined {
  switch (spec.kind) {
    case 'switch':
      return undefined
    case 'choice':
      return { kind: 'words', words: spec.values }
    case 'text':
    case 'list':
      return byPlaceholder(spec.placeholder)
  }
}

/** What an operand may be, from how the help shows it: `FILE`, `IMAGE [ADDRESS:]PATH`, `[bash|zsh|fish]`. */
export function operandCandidates(operands: string): Candidates {
  const words = /^\[?([a-z]+(?:\|[a-z]+)+)\]?$/.exec(operands)?.[1]
  if (words !== undefined) return { kind: 'words', words: words.split('|') }
  return byPlaceholder(/[A-Z]+/.exec(operands)?.[0] ?? '')
}

/** Names of machines, images in Glance and services are known to servers that completion does not ask. */
function byPlaceholder(placeholder: string): Candidates {
  switch (placeholder) {
    case 'FILE':
    case 'IMAGE':
    case 'PATH':
      return { kind: 'files' }
    case 'DIR':
      return { kind: 'directories' }
    default:
      return { kind: 'text' }
  }
}
