import { openNode } from '../../app/node/index.ts'
import { importRelease, importRunning } from '../../app/node/release/index.ts'
import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { countRefusals, describeFindings } from '../describe-findings.ts'
import { raise } from '../errors.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import type { Output } from '../output.ts'

/** Wherever it is. */
const ENGINE_PROGRAM = /^(.*\/)?(docker|podman)$/

export const nodeImport = command({
  path: ['node', 'import'],
  summary: 'Write a Compose file from a fig.yml, a `docker run` line or running containers',
  operands: 'FILE | -- docker run ... | --running [NAME]',
  count: { min: 0, max: 1000 },
  foreign: ENGINE_PROGRAM,
  flags: {
    running: {
      kind: 'switch',
      help: 'Read running containers: those that you name, else those of libvirt, Nova and Neutron',
      flagOnly: true,
    },
    project: {
      kind: 'text',
      placeholder: 'NAME',
      help: 'Set the project name; by default the name in the file, else that of the directory',
      flagOnly: true,
    },
    ...NODE_FLAGS,
    json: COMMON_FLAGS.json,
    progress: COMMON_FLAGS.progress,
    help: COMMON_FLAGS.help,
  },
  details:
    'Prints the Compose file to standard output, and mistakes in the old file with a remedy for each to standard error. Values that look like secrets are not printed.\nExit codes: 0, the Compose file was printed, whatever was found in it. 2, the command line or the old file cannot be understood. 4, the .env file beside it cannot. 8, --running cannot read the containers.',
  async run({ flags, node, args, output }) {
    const { project } = flags
    const options = { environment: process.env, ...(project === undefined ? {} : { project }) }
    const [first, ...rest] = args
    if (flags.running) {
      const world = await openNode(nodeOptions(flags, node, 'read'), 'read the containers that run')
      return print(await importRunning(world, args, options), output)
    }
    if (first === undefined || (rest.length > 0 && !args.some((word) => ENGINE_PROGRAM.test(word)))) {
      throw raise('USAGE', {
        command: 'anneal node import',
        why: `it takes one FILE, \`-- docker run …\`, or --running${first === undefined ? '' : `, and not "${first}" with more behind it`}`,
        help: 'anneal node import --help',
      })
    }
    return print(await importRelease(rest.length > 0 ? { command: args } : { file: first }, options), output)
  },
})

function print(result: Awaited<ReturnType<typeof importRelease>>, output: Output): ExitCode {
  for (const line of describeFindings(result.findings, output)) output.say(line)
  if (result.findings.length > 0) output.say(countRefusals(result.findings))
  output.data({ schema: 'anneal.import/1', ...result }, () => result.text)
  return EXIT.ok
}
