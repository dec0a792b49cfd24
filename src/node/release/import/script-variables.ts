/**
 * What the plain assignments of a script have set so far, where that is certain: not in a branch or a loop, and not by
 * another command. Texts are as Compose writes them: variables stay, other dollars are doubled.
 */
export type ScriptVariables = Readonly<{
  /** Takes in the next command. */
  see(words: readonly string[]): void
  /** The text with those variables replaced that are certain. */
  fill(text: string): string
  /** Whether the script still is where it was started. */
  isHere(): boolean
}>

const OPENERS = new Set(['if', 'for', 'while', 'until', 'case', 'select', '{'])
const CLOSERS = new Set(['fi', 'done', 'esac', '}'])
const FOLLOWERS = new Set(['then', 'else', 'elif', 'do', '!'])
const DECLARERS = new Set(['export', 'readonly', 'declare', 'typeset'])

export function scriptVariables(): ScriptVariables {
  const known = new Map<string, string>()
  let depth = 0
  let here = true
  const fill = (text: string): string =>
    text.replaceAll(/\$\$|\$(\w+)|\$\{(\w+)\}/g, (whole, plain?: string, braced?: string) =>
      whole === '$$' ? whole : (known.get(plain ?? braced ?? '') ?? whole),
    )
  const assign = (name: string, value: string): void => {
    const filled = fill(value)
    if (depth > 0 || filled.replaceAll('$$', '').includes('$')) known.delete(name)
    else known.set(name, filled)
  }
  return {
    fill,
    isHere: () => here,
    see(words) {
      let rest = words
      for (; rest[0] !== undefined; rest = rest.slice(1)) {
        if (OPENERS.has(rest[0]) || (rest[0].endsWith('()') && rest[1] !== '{')) depth += 1
        else if (CLOSERS.has(rest[0])) depth = Math.max(0, depth - 1)
        else if (!FOLLOWERS.has(rest[0]) && !rest[0].endsWith('()')) break
      }
      const first = (rest[0] ?? '').replace(/^\(+/, '')
      if (/^(cd|pushd|popd)$/.test(first) && !(first === 'cd' && rest[1] === '${PWD}')) here = false
      if (first === 'eval' || first === 'source' || first === '.') known.clear()
      const declares = DECLARERS.has(first)
      const assignments = (declares ? rest.slice(1) : rest).map((word) =>
        /^([A-Za-z_]\w*)(\+?)=(.*)$/s.exec(word),
      )
      if (!declares && assignments.includes(null)) {
        // `read NAME`, `unset NAME`, `for NAME in …`.
        for (const word of rest) known.delete(word)
        return
      }
      for (const [, name = '', adds, value = ''] of assignments.filter((one) => one !== null)) {
        if (adds === '') assign(name, value)
        else known.delete(name)
      }
    },
  }
}
