import { EXIT, formatDuration } from '../../core/index.ts'
import { shortId } from '../../node/index.ts'
import { openState } from '../../app/node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'

export const nodeHistory = command({
  path: ['node', 'history'],
  summary: 'List the upgrades and rollbacks of this node',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...NODE_FLAGS, ...COMMON_FLAGS },
  details:
    'Each record holds the hash of the one before it. The command verifies the chain before it prints anything.',
  async run({ flags, node, output }) {
    const state = openState(nodeOptions(flags, node, 'read'), 'read the history')
    const records = await state.readHistory()
    output.data({ schema: 'anneal.history/1', records }, () =>
      records.length === 0
        ? `no run yet in ${state.where}`
        : records
            .map(({ hash, record: report }) => {
              const outage =
                report.outage === undefined ? '' : `, outage ${formatDuration(report.outage.longestGapMs)}`
              return `${report.startedAt}  ${report.kind} → ${shortId(report.toReleaseId)}  ${report.outcome}${outage}, ${report.guests.length} guests  ${hash.slice(0, 12)}`
            })
            .join('\n'),
    )
    return EXIT.ok
  },
})
