import { DEPLOY_EFFECTS, DEPLOY_STATES, beginDeploy, decideDeploy, isAtRest } from '../../src/metal/index.ts'
import type {
  DeployEvent,
  DeployRun,
  DeployState,
  DeployStateSpec,
  DeployVia,
  WorkState,
} from '../../src/metal/index.ts'
import { stateDiagram } from './diagram.ts'
import type { Way } from './diagram.ts'
import { code, page, table } from './markdown.ts'

/** docs/deployment-states.md: the table of a deployment's states, and the ways between them as `decideDeploy` goes them. */
export function deploymentStatesPage(): string {
  const states = Object.entries(DEPLOY_STATES) as [DeployState, DeployStateSpec][]
  const names = states.map(([name]) => name)
  return page([
    '# The states of one deployment on bare metal',
    '<!-- Written by `npm run docs` from src/metal/deployment. Edit that. -->',
    'A run of `anneal metal deploy` is always in one of these states. Nothing of this is stored: the deployment’s id stands on the node (or on the server, where Nova is asked), and what the node is says where a run goes on ([metal.md](metal.md)).',
    '## Working states',
    '“After a crash” is where the next run finds itself when this one ends without a word. Every effect looks before it changes anything; those that change something are tried again for two minutes while a service is away.',
    table(
      [
        'State',
        'Meaning',
        'Target',
        'On failure',
        'After a crash',
        'Effects, by Ironic',
        'Effects, by way of Nova',
      ],
      states.flatMap(([name, spec]) => (spec.stable ? [] : [workingRow(name as WorkState, spec)])),
    ),
    '## States at rest',
    table(
      ['State', 'Meaning'],
      states.flatMap(([name, spec]) => (spec.stable ? [[code(name), spec.meaning]] : [])),
    ),
    '## The ways between them',
    'Found by giving every event to every state, on the route `direct+ramdisk`: it alone passes `switching` and `booting`.',
    stateDiagram(names, findDeployWays('ironicTwice'), isAtRest),
  ])
}

function workingRow(name: WorkState, spec: Extract<DeployStateSpec, { stable: false }>): readonly string[] {
  const effects = (via: DeployVia): string =>
    DEPLOY_EFFECTS[via][name].map((effect) => code(effect)).join(', ') || 'none'
  return [
    code(name),
    spec.meaning,
    Object.entries(spec.targetVia ?? {}).reduce(
      (told, [, target]) => `${told}; ${code(target)} where a base was written`,
      code(spec.target),
    ),
    code(spec.onFailure),
    code(spec.afterCrash),
    // The states between are those of `direct+ramdisk` alone; all others are the same.
    effects('ironicTwice'),
    effects('nova'),
  ]
}

/** Every kind of event, with all that makes a difference in it. */
const EVENTS: readonly Readonly<{ event: DeployEvent; because: string }>[] = [
  { event: { type: 'effectDone' }, because: 'done' },
  {
    event: { type: 'effectFailed', reason: { code: 'CODE', message: 'Cannot', remedy: 'none' } },
    because: 'failed',
  },
  { event: { type: 'nodeExamined', enter: 'preparing' }, because: 'the node is free' },
  { event: { type: 'nodeExamined', enter: 'deploying' }, because: 'an earlier run asked' },
  { event: { type: 'nodeExamined', enter: 'switching' }, because: 'its base is on the disk' },
  { event: { type: 'nodeExamined', enter: 'booting' }, because: 'its base is to boot' },
  { event: { type: 'nodeExamined', enter: 'proving' }, because: 'it is active already' },
  { event: { type: 'cancelled' }, because: 'interrupted' },
]

/** Every way that `decideDeploy` goes from the beginning. */
export function findDeployWays(via: DeployVia): readonly Way<DeployState>[] {
  const found: Way<DeployState>[] = []
  const waiting: DeployRun[] = [beginDeploy(via)]
  const seen = new Set<string>()
  for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
    const key = `${run.state} ${run.cursor}`
    if (seen.has(key) || isAtRest(run.state)) continue
    seen.add(key)
    for (const { event, because } of EVENTS) {
      const decision = decideDeploy(run, event)
      if (!decision.legal) continue
      const to = decision.next.state
      if (to !== run.state) found.push({ from: run.state, to, because })
      waiting.push(decision.next)
    }
  }
  return found
}
