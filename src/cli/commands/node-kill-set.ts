import { EXIT } from '../../core/index.ts'
import type { Container, StopCause } from '../../node/index.ts'
import { settledSurvey } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeDanger, describeFindings } from '../describe.ts'
import { NODE_FLAGS, openNode } from '../node-world.ts'
import { containersQuestion } from '../question.ts'

const CAUSES = {
  stop: 'stop',
  remove: 'remove',
  kill: 'kill',
  'engine-stopped': 'engineStopped',
  'shim-killed': 'shimKilled',
} as const satisfies Record<string, StopCause>

export const nodeKillSet = command({
  path: ['node', 'kill-set'],
  summary: 'the exact processes that would die if containers stopped now, and how',
  operands: '[CONTAINER...]',
  count: { min: 0, max: 100 },
  flags: {
    cause: {
      kind: 'choice',
      values: ['stop', 'remove', 'kill', 'engine-stopped', 'shim-killed'],
      default: 'stop',
      help: 'what ends the containers',
      flagOnly: true,
    },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Without names every container counts that runs or still holds a process. Exit code 3: guests or helpers are among them. 4: it is not certain who is a guest.',
  async run({ flags, args, output }) {
    const world = await openNode(flags, 'compute kill sets')
    const cause = CAUSES[flags.cause]
    const question = await containersQuestion(world, args, cause)
    const { seen, dissent } = await settledSurvey(world, question, question.places[0])
    // Of containers that do not run, only those that still hold somebody are worth a word, unless they were asked about.
    const killSets = seen.killSets.filter(
      ({ containerId, doomed }) => args.length > 0 || doomed.length > 0 || runs(seen.containers, containerId),
    )
    const value = {
      schema: 'anneal.kill-set/1',
      cause,
      killSets,
      endangered: seen.endangered,
      census: seen.census,
      findings: dissent,
    }
    output.data(value, () =>
      [
        ...(killSets.length === 0 ? [`no container of ${seen.engine.kind} runs`] : []),
        ...killSets.flatMap((killSet) => [
          `${killSet.containerName}: ${killSet.doomed.length === 0 ? 'nobody' : ''}`,
          ...killSet.doomed.map(
            (one) => `  ${one.name} (pid ${one.pid})  ${one.mechanisms.join(', ')}  ${one.evidence}`,
          ),
        ]),
        ...seen.endangered.flatMap((one) => [
          `${output.red('endangered')}  ${one.kind} ${one.name} (pid ${one.pid})`,
          ...describeDanger(one),
        ]),
        ...describeFindings(dissent, output),
        ...(seen.endangered.length === 0 && dissent.length === 0
          ? [
              `${output.green('safe')}  ${seen.census.guests.length} guests, ${seen.census.helpers.length} helpers`,
            ]
          : []),
      ].join('\n'),
    )
    if (seen.endangered.length > 0) return EXIT.endangered
    return dissent.length === 0 ? EXIT.ok : EXIT.refused
  },
})

function runs(containers: readonly Container[], id: string): boolean {
  return containers.some((container) => container.id === id && container.pid !== 0)
}
