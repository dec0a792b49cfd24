import type { Command } from '../command.ts'
import { candidatesOf, groupsOf, operandCandidates } from './candidates.ts'
import type { Candidates } from './candidates.ts'

/** Completion for bash: the words of a command, then its flags and their values, then its operands. */
export function bashCompletion(commands: readonly Command[]): string {
  const groups = groupsOf(commands)
  const paths = [...groups, ...commands].map(({ path }) => path.join(' ')).filter((path) => path !== '')
  const words = groups.map(
    ({ path, words: next }) =>
      `    '${path.join(' ')}') words='${next.map(({ word }) => word).join(' ')}' ;;`,
  )
  const flags = commands.map((one) => {
    const names = Object.keys(one.flags).map((flag) => `--${flag}`)
    return `    '${one.path.join(' ')}') words='${names.join(' ')}' ;;`
  })
  return `# bash completion of anneal: eval "$(anneal completion bash)"
_anneal() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' word words=''
  local IFS=$' \\t\\n'
  COMPREPLY=()
  # Bash takes the = of --flag=value for a word.
  if [[ $current == = ]]; then current=''
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  # The words of the command stand before its flags and operands.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths.map((path) => `'${path}'`).join(' | ')}) path="\${path:+$path }$word" ;;
      *) break ;;
    esac
  done
  # The value of a flag.
  case "$path $previous" in
${valueBranches(commands).join('\n')}
  esac
  if [[ $current == -* ]]; then
    case $path in
${flags.join('\n')}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case $path in
${words.join('\n')}
${operandBranches(commands).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
_anneal_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$2"))
}
complete -F _anneal anneal
`
}

/** One branch for all flags that take the same. */
function valueBranches(commands: readonly Command[]): readonly string[] {
  const branches = new Map<string, string[]>()
  for (const { path, flags } of commands) {
    for (const [name, spec] of Object.entries(flags)) {
      const values = candidatesOf(spec)
      if (values === undefined) continue
      const forms = [`--${name}`, ...(spec.short === undefined ? [] : [`-${spec.short}`])]
      const action = actionOf(values)
      branches.set(action, [
        ...(branches.get(action) ?? []),
        ...forms.map((form) => `'${path.join(' ')} ${form}'`),
      ])
    }
  }
  return [...branches].map(([action, patterns]) => `    ${patterns.join(' | ')}) ${action}return ;;`)
}

function operandBranches(commands: readonly Command[]): readonly string[] {
  return commands
    .filter(({ count }) => count.max > 0)
    .map(({ path, operands }) => `    '${path.join(' ')}') ${actionOf(operandCandidates(operands))}return ;;`)
}

function actionOf(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `COMPREPLY=($(compgen -W '${candidates.words.join(' ')}' -- "$current")); `
    case 'files':
      return '_anneal_paths -f "$current"; '
    case 'directories':
      return '_anneal_paths -d "$current"; '
    case 'text':
      return ''
  }
}
