import { openNode, statusOf, watchStatus } from '../../app/node/index.ts'
import type { NodeStatus } from '../../app/node/index.ts'
import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { shortId } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe-findings.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import type { NodeWorld } from '../../ports/index.ts'
import type { Output } from '../output.ts'

export const nodeStatus = command({
  path: ['node', 'status'],
  summary: 'Show the release, services and guests of this node, and what is out of order',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    watch: {
      kind: 'switch',
      short: 'w',
      help: 'Print the status again every two seconds, until interrupted',
      flagOnly: true,
    },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Exit codes: 0, the node runs exactly one whole release, or none was ever deployed. 7, it does not.',
  async run({ flags, node, output, signal }) {
    const world = await openNode(nodeOptions(flags, node, 'read'), 'read the status of the node')
    if (!flags.watch) return printStatus(await statusOf(world), world, output)
    let exit: ExitCode = EXIT.ok
    const again = (status: NodeStatus): void => {
      exit = printStatus(status, world, output)
    }
    await watchStatus(world, again, signal)
    return exit
  },
})

function printStatus(status: NodeStatus, { state }: NodeWorld, output: Output): ExitCode {
  const { release, previous, project, unfinished, services, guests, findings, breaches } = status
  output.data({ schema: 'anneal.status/1', ...status }, () =>
    [
      release === undefined
        ? `no release is deployed: none is on file in ${state.where}`
        : `${output.bold(project ?? '')} ${shortId(release)}${previous === undefined ? '' : `, before it ${shortId(previous)}`}`,
      ...services.map(
        (one) =>
          `  ${one.status === 'running' ? output.green('up') : output.red(one.status)}  ${one.service}  ${one.container}`,
      ),
      `guests: ${guests.length}`,
      ...guests.map(
        (guest) =>
          `  ${guest.name}  pid ${guest.pid}  ${guest.state}${guest.runsFromRelease === undefined ? '' : `  from ${shortId(guest.runsFromRelease)}`}${guest.work.length === 0 ? '' : `  under way: ${guest.work.join('; ')}`}`,
      ),
      ...(unfinished === undefined
        ? []
        : [
            output.red(
              `run ${unfinished.run} was interrupted in "${unfinished.state}": run \`anneal node recover\``,
            ),
          ]),
      ...describeFindings(findings, output),
      ...breaches.map((breach) => `${output.red(breach.code)}: ${breach.detail}`),
    ].join('\n'),
  )
  return breaches.length === 0 && unfinished === undefined ? EXIT.ok : EXIT.attention
}
