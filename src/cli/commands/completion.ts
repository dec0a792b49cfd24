import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { COMPLETIONS } from '../completion/index.ts'
import { raise } from '../errors.ts'

export const completionCommand = command({
  path: ['completion'],
  summary: 'Print the completion script for a shell; by default for bash',
  operands: '[bash|zsh|fish]',
  count: { min: 0, max: 1 },
  flags: { help: COMMON_FLAGS.help },
  details: [
    'Load it where the shell starts:',
    '~/.bashrc: eval "$(anneal completion bash)"',
    '~/.zshrc, after compinit: eval "$(anneal completion zsh)"',
    '~/.config/fish/config.fish: anneal completion fish | source',
  ].join('\n'),
  async run({ args, output }) {
    const shell = args[0] ?? 'bash'
    const completion = COMPLETIONS.get(shell)
    if (completion === undefined) {
      throw raise('USAGE', {
        command: 'anneal completion',
        why: `there is no completion for ${JSON.stringify(shell)}, only for ${[...COMPLETIONS.keys()].join(', ')}`,
        help: 'anneal completion --help',
      })
    }
    const { loadCommands } = await import('../commands.ts')
    output.text(completion(await loadCommands()))
    return EXIT.ok
  },
})
