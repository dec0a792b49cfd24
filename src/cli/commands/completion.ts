import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import type { Command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'

export const completionCommand = command({
  path: ['completion'],
  summary: 'print the completion script for bash: eval "$(anneal completion)"',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { help: COMMON_FLAGS.help },
  async run({ output }) {
    const { loadCommands } = await import('../commands.ts')
    output.text(bashCompletion(await loadCommands()))
    return EXIT.ok
  },
})

/** Words first, then the flags of the command that the words name, then files. */
export function bashCompletion(commands: readonly Command[]): string {
  const branches = commands.map((one) => {
    const flags = Object.keys(one.flags).map((flag) => `--${flag}`)
    return `    "${one.path.join(' ')}") flags="${flags.join(' ')}" ;;`
  })
  const groups = new Map<string, Set<string>>()
  for (const one of commands) {
    for (const [index, word] of one.path.entries()) {
      const prefix = one.path.slice(0, index).join(' ')
      groups.set(prefix, (groups.get(prefix) ?? new Set()).add(word))
    }
  }
  const words = [...groups].map(([prefix, next]) => `    "${prefix}") words="${[...next].join(' ')}" ;;`)
  return `_anneal() {
  local current=\${COMP_WORDS[COMP_CWORD]} path="" word flags="" words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case $path in
${words.join('\n')}
  esac
  case $path in
${branches.join('\n')}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi ;;
  esac
}
complete -o filenames -F _anneal anneal
`
}
