import type { Command, FlagSpec } from './command.ts'

const WIDTH = 80

/** A group of commands that another program runs. */
export type GroupBeside = Readonly<{ word: string; summary: string }>

/** Help of a group (`anneal`, `anneal node`) or of one command. Fits 80 columns; a test walks all of it. */
export function helpText(
  path: readonly string[],
  commands: readonly Command[],
  beside: readonly GroupBeside[] = [],
): string {
  const exact = commands.find((command) => command.path.join(' ') === path.join(' '))
  return exact === undefined ? groupHelp(path, commands, beside) : commandHelp(exact)
}

function groupHelp(
  path: readonly string[],
  commands: readonly Command[],
  beside: readonly GroupBeside[],
): string {
  const members = commands.filter((command) => path.every((word, index) => command.path[index] === word))
  const rows = [
    ...members.map((command): [string, string] => [
      command.path.slice(path.length).join(' '),
      command.summary,
    ]),
    ...beside.map(({ word, summary }): [string, string] => [`${word} …`, summary]),
  ]
  return [
    `usage: anneal ${[...path, '<command>'].join(' ')} [flags]`,
    '',
    ...wrapRows(rows),
    '',
    `Run \`anneal ${[...path, '<command>'].join(' ')} --help\` for more about a command.`,
    '',
  ].join('\n')
}

function commandHelp(command: Command): string {
  const usage = ['usage: anneal', ...command.path, command.operands, '[flags]']
    .filter((word) => word !== '')
    .join(' ')
  const flags = Object.entries(command.flags).map(([name, spec]): [string, string] => [
    flagForm(name, spec),
    flagHelp(spec),
  ])
  return [
    usage,
    '',
    ...wrap(command.summary, 0),
    ...(command.details === undefined
      ? []
      : ['', ...command.details.split('\n').flatMap((line) => wrap(line, 0))]),
    '',
    ...wrapRows(flags),
    '',
  ].join('\n')
}

function flagForm(name: string, spec: FlagSpec): string {
  const value = spec.kind === 'switch' ? '' : ` ${spec.kind === 'choice' ? 'NAME' : spec.placeholder}`
  return `${spec.short === undefined ? '' : `-${spec.short}, `}--${name}${value}`
}

function flagHelp(spec: FlagSpec): string {
  const values = spec.kind === 'choice' ? ` (${spec.values.join(', ')})` : ''
  const fallback =
    (spec.kind === 'choice' || spec.kind === 'text') && spec.default !== undefined ? ` [${spec.default}]` : ''
  return `${spec.help}${values}${fallback}`
}

function wrapRows(rows: readonly (readonly [string, string])[]): string[] {
  const indent = Math.min(28, Math.max(0, ...rows.map(([left]) => left.length)) + 4)
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, indent)
    const head = `  ${left}`
    if (head.length + 1 >= indent) return [head, ...lines]
    return [head + (lines[0] ?? '').slice(head.length), ...lines.slice(1)]
  })
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = ' '.repeat(indent)
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = ' '.repeat(indent)
    }
    line += line.trim() === '' ? word : ` ${word}`
  }
  return [...lines, line]
}
