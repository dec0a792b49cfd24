import { COMMANDS, LAB_GROUP, loadCommands } from '../../src/cli/commands.ts'
import { helpText } from '../../src/cli/help.ts'
import { LAB_COMMANDS } from '../../lab/commands.ts'

/**
 * docs/commands.md: the help of every command and group. The launcher prints these pages, so that help needs neither
 * packages nor Node. It looks for a line `## anneal …`, skips two lines, and prints up to the closing fence.
 */
export async function commandsPage(): Promise<string> {
  const product = await loadCommands(COMMANDS)
  const lab = await loadCommands(LAB_COMMANDS)
  const pages = [
    { path: [], text: helpText([], product, [LAB_GROUP]) },
    ...[product, lab].flatMap((commands) =>
      pathsOf(commands.map(({ path }) => path)).map((path) => ({ path, text: helpText(path, commands) })),
    ),
  ]
  return [
    '<!-- Written by `npm run docs` from the table of commands. -->',
    '',
    '# Commands',
    '',
    'The help of every command, as `anneal COMMAND --help` prints it.',
    ...pages.flatMap(({ path, text }) => [
      '',
      `## ${['anneal', ...path].join(' ')}`,
      '',
      '```text',
      text.trimEnd(),
      '```',
    ]),
    '',
  ].join('\n')
}

/** `image`, `image convert`, …: each group once, before its commands. */
function pathsOf(paths: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const all = paths.flatMap((path) => path.map((_, index) => path.slice(0, index + 1)))
  return [...new Map(all.map((path) => [path.join(' '), path])).values()]
}
