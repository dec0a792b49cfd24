import { importRelease } from '../../app/node/release/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe-findings.ts'
import { raise } from '../errors.ts'

export const nodeImport = command({
  path: ['node', 'import'],
  summary: 'Convert a fig.yml, an old Compose file or a `docker run` line to a Compose file',
  operands: 'FILE | -- docker run ...',
  count: { min: 1, max: 1000 },
  flags: {
    project: {
      kind: 'text',
      placeholder: 'NAME',
      help: 'Set the name of the project; by default that in the file, or the directory’s',
      flagOnly: true,
    },
    json: COMMON_FLAGS.json,
    progress: COMMON_FLAGS.progress,
    help: COMMON_FLAGS.help,
  },
  details:
    'Prints the Compose file to standard output, and mistakes in the old file with a remedy for each to standard error. Values of secrets are never printed.',
  async run({ flags, args, output }) {
    const { project } = flags
    const options = { environment: process.env, ...(project === undefined ? {} : { project }) }
    const [first = '', ...rest] = args
    if (rest.length > 0 && !/^(docker|podman)$/.test(first)) {
      throw raise('USAGE', {
        command: 'anneal node import',
        why: 'it takes one FILE, or `-- docker run …`',
        help: 'anneal node import --help',
      })
    }
    const result = await importRelease(rest.length > 0 ? { command: args } : { file: first }, options)
    for (const line of describeFindings(result.findings, output)) output.say(line)
    output.data({ schema: 'anneal.import/1', ...result }, () => result.text)
    return EXIT.ok
  },
})
