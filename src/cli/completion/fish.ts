import type { Command, FlagSpec } from '../command.ts'
import { candidatesOf, groupsOf, operandCandidates } from './candidates.ts'
import type { Candidates } from './candidates.ts'

/** Completion for fish, with the summaries. */
export function fishCompletion(commands: readonly Command[]): string {
  const words = groupsOf(commands).flatMap(({ path, words: next }) =>
    next.map(({ word, summary }) =>
      rule(condition('__anneal_at', path), `-a ${word}`, `-d ${quoted(summary)}`),
    ),
  )
  const flags = commands.flatMap((one) => {
    const within = condition('__anneal_in', one.path)
    const operand =
      one.count.max === 0 ? '' : actionOf(operandCandidates(one.operands)).replace(/^-[rx] ?/, '')
    return [
      ...Object.entries(one.flags).map(([name, spec]) => flagRule(within, name, spec)),
      ...(operand === '' ? [] : [rule(within, operand)]),
    ]
  })
  return `# fish completion of anneal: anneal completion fish | source
# True where exactly these words stand before the cursor.
function __anneal_at
    set -l words (commandline -opc)[2..]
    test "$words" = "$argv"
end
# True where the words before the cursor begin with these.
function __anneal_in
    set -l words (commandline -opc)[2..]
    test (count $words) -ge (count $argv); or return
    set -l begin $words[1..(count $argv)]
    test "$begin" = "$argv"
end
complete -c anneal -f
${[...words, ...flags].join('\n')}
`
}

function flagRule(within: string, name: string, spec: FlagSpec): string {
  const values = candidatesOf(spec)
  return rule(
    within,
    `-l ${name}`,
    spec.short === undefined ? '' : `-s ${spec.short}`,
    values === undefined ? '' : actionOf(values),
    `-d ${quoted(spec.help)}`,
  )
}

/** `-x`: no files; `-r`: a value is needed. */
function actionOf(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `-x -a ${quoted(candidates.words.join(' '))}`
    case 'files':
      return '-r -F'
    case 'directories':
      return `-x -a '(__fish_complete_directories)'`
    case 'text':
      return '-x'
  }
}

function condition(test: string, path: readonly string[]): string {
  return `-n ${quoted([test, ...path].join(' '))}`
}

function rule(...parts: readonly string[]): string {
  return ['complete -c anneal', ...parts.filter((part) => part !== '')].join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
