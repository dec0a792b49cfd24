import type { Command, FlagSpec } from '../command.ts'
import { candidatesOf, groupsOf, operandCandidates } from './candidates.ts'
import type { Candidates, Group } from './candidates.ts'

/** Completion for zsh, with the summaries: as a file `_anneal` in `$fpath`, or by `eval`. */
export function zshCompletion(commands: readonly Command[]): string {
  return `#compdef anneal
# zsh completion of anneal: eval "$(anneal completion zsh)"
${[...groupsOf(commands).map(groupFunction), ...commands.map(commandFunction)].join('\n')}
# A file in $fpath is the body of the function at its first call; eval has to say what the function completes.
if [[ $funcstack[1] == _anneal ]]; then
  _anneal "$@"
else
  compdef _anneal anneal
fi
`
}

function groupFunction({ path, words }: Group): string {
  const described = words.map(({ word, summary }) => `    ${quoted(`${word}:${summary}`)}`)
  const branches = words.map(({ word }) => `      ${word}) ${functionName([...path, word])} ;;`)
  return `${functionName(path)}() {
  local curcontext="$curcontext" state state_descr line
  typeset -A opt_args
  local -a commands=(
${described.join('\n')}
  )
  _arguments -C '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands command commands ;;
    rest) case $line[1] in
${branches.join('\n')}
    esac ;;
  esac
}`
}

function commandFunction({ path, flags, operands, count }: Command): string {
  const specs = Object.entries(flags).map(([name, spec]) => flagSpec(name, spec))
  const operand =
    count.max === 0 ? [] : [quoted(`*:${escaped(operands)}:${actionOf(operandCandidates(operands))}`)]
  return `${functionName(path)}() {
  local curcontext="$curcontext"
  _arguments -s -S \\
    ${[...specs, ...operand].join(' \\\n    ')}
}`
}

/** `'--engine=[container engine]:NAME:(docker podman)'`, as _arguments of zshcompsys(1) reads it. */
function flagSpec(name: string, spec: FlagSpec): string {
  const values = candidatesOf(spec)
  const placeholder = spec.kind === 'text' || spec.kind === 'list' ? spec.placeholder : 'NAME'
  const about = `[${escaped(spec.help)}]${values === undefined ? '' : `:${escaped(placeholder)}:${actionOf(values)}`}`
  const long = `--${name}${values === undefined ? '' : '='}`
  const repeated = spec.kind === 'list' ? '*' : ''
  if (spec.short === undefined) return quoted(`${repeated}${long}${about}`)
  const short = `-${spec.short}${values === undefined ? '' : '+'}`
  const exclusive = spec.kind === 'list' ? '*' : `(-${spec.short} --${name})`
  return `${quoted(exclusive)}{${short},${long}}${quoted(about)}`
}

function actionOf(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `(${candidates.words.join(' ')})`
    case 'files':
      return '_files'
    case 'directories':
      // _files -/ would offer files where no directory fits.
      return '_path_files -/'
    case 'text':
      return ' '
  }
}

function functionName(path: readonly string[]): string {
  return ['_anneal', ...path].join('__').replaceAll('-', '_')
}

/** Inside of a specification, where brackets and colons have a meaning. */
function escaped(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, String.raw`\$&`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
