import type { KillSetDocument } from '../../contract/index.ts'
import { EXIT } from '../../core/index.ts'
import { killSetOf, openNode } from '../../app/node/index.ts'
import type { StopCause } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeDanger } from '../describe.ts'
import { describeFindings } from '../describe-findings.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'

const CAUSES = {
  stop: 'stop',
  remove: 'remove',
  kill: 'kill',
  'engine-stopped': 'engineStopped',
  'shim-killed': 'shimKilled',
  'pod-removed': 'podRemoved',
} as const satisfies Record<string, StopCause>

/** Nobody is moved out of a pod yet. */
const POD_REMEDY = 'migrate or shut down the guest before that pod or container stops'

export const nodeKillSet = command({
  path: ['node', 'kill-set'],
  summary: 'Show which processes would die if containers stopped now, and why',
  operands: '[CONTAINER...]',
  count: { min: 0, max: 100 },
  flags: {
    cause: {
      kind: 'choice',
      values: ['stop', 'remove', 'kill', 'engine-stopped', 'shim-killed', 'pod-removed'],
      default: 'stop',
      help: 'Assume that the containers end in this way',
      flagOnly: true,
    },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details:
    'Without names it covers every container that runs or still holds a process.\nPods are called NAMESPACE/POD and their containers NAMESPACE/POD/CONTAINER. Stopping a pod stops all of its containers; pod-removed is what a kubelet does after that.\nExit codes: 0, no guest would die. 3, guests or their helpers would die, or systemd would end the whole host. 4, it is not certain which processes are guests.',
  async run({ flags, node, args, output }) {
    const world = await openNode(nodeOptions(flags, node, 'read'), 'compute kill sets')
    const { engine, cause, killSets, endangered, census, hostEnds, ...rest } = await killSetOf(
      world,
      args,
      CAUSES[flags.cause],
    )
    const findings = [...rest.findings, ...hostEnds]
    const value: KillSetDocument = {
      schema: 'anneal.kill-set/1',
      cause,
      killSets,
      endangered,
      census,
      findings,
    }
    output.data(value, () =>
      [
        ...(killSets.length === 0 ? [`no container of ${engine} runs`] : []),
        ...killSets.flatMap((killSet) => [
          `${killSet.containerName}: ${killSet.doomed.length === 0 ? 'nobody' : ''}`,
          ...killSet.doomed.map(
            (one) => `  ${one.name} (pid ${one.pid})  ${one.mechanisms.join(', ')}  ${one.evidence}`,
          ),
        ]),
        ...endangered.flatMap((one) => [
          `${output.red('endangered')}  ${one.kind} ${one.name} (pid ${one.pid})`,
          ...describeDanger(one, engine === 'containerd' ? POD_REMEDY : undefined),
        ]),
        ...describeFindings(findings, output),
        ...(endangered.length === 0 && findings.length === 0
          ? [`${output.green('safe')}  ${census.guests.length} guests, ${census.helpers.length} helpers`]
          : []),
      ].join('\n'),
    )
    if (endangered.length > 0 || hostEnds.length > 0) return EXIT.endangered
    return findings.length === 0 ? EXIT.ok : EXIT.refused
  },
})
