import { DEPLOYMENT, DEPLOY_EFFECTS, DEPLOY_STATES, beginDeploy } from '../../src/metal/index.ts'
import type {
  DeployFinding,
  DeployState,
  DeployStateSpec,
  DeployVia,
  WorkState,
} from '../../src/metal/index.ts'
import { findWays } from '../../src/saga/index.ts'
import type { Possible, Way } from '../../src/saga/index.ts'
import { code } from './markdown.ts'
import { EFFECT_DONE, EFFECT_FAILED, sagaPage } from './saga-page.ts'

/** docs/deployment-states.md: the table of a deployment's states, and the ways between them as the machine goes them. */
export function deploymentStatesPage(): string {
  const effects = (name: string, via: DeployVia): string =>
    DEPLOY_EFFECTS[via][name as WorkState].map((effect) => code(effect)).join(', ') || 'none'
  return sagaPage<DeployState>({
    title: 'The states of one deployment on bare metal',
    source: 'src/metal/deployment',
    about:
      'A run of `anneal metal deploy` is always in one of these states. Nothing of this is stored: the deployment’s id stands on the node (or on the server, where Nova is asked), and what the node is says where a run goes on ([metal.md](metal.md)).',
    states: DEPLOY_STATES,
    columns: [
      { head: 'With a base', cell: (name) => baseCell(DEPLOY_STATES[name]) },
      // The states between are those of `direct+ramdisk` alone; all others are the same.
      { head: 'Effects, by Ironic', cell: (name) => effects(name, 'ironicTwice') },
      { head: 'Effects, through Nova', cell: (name) => effects(name, 'nova') },
    ],
    working:
      '“After a crash” is where the next run finds itself when this one ends without a word. Every effect looks before it changes anything; those that change something are tried again while a service is away, and twice after a fault of the service itself. `--timeout`, `--callback-timeout` and `--ready-timeout` replace the deadlines of `deploying` and `booting`, the silence that the deploy ramdisk may keep in them, and the deadline of `awaitAnswer`.',
    found:
      'Found by giving every event to every state, on the route `direct+ramdisk`: it alone passes `switching` and `booting`.',
    ways: findDeployWays('ironicTwice'),
  })
}

function baseCell({ targetVia, silenceMs }: DeployStateSpec): string {
  const targets = Object.values(targetVia ?? {}).map((target) => `target ${code(target)}`)
  const silence = silenceMs === undefined ? [] : [`silent for ${silenceMs / 60_000} min at most`]
  return [...targets, ...silence].join('; ')
}

/** Every kind of event, with all that makes a difference in it. */
const EVENTS: readonly Possible<DeployFinding>[] = [
  EFFECT_DONE,
  EFFECT_FAILED,
  { event: { type: 'nodeExamined', enter: 'preparing' }, because: 'the node is free' },
  { event: { type: 'nodeExamined', enter: 'deploying' }, because: 'an earlier run asked' },
  { event: { type: 'nodeExamined', enter: 'switching' }, because: 'its base is on the disk' },
  { event: { type: 'nodeExamined', enter: 'booting' }, because: 'its base is to boot' },
  { event: { type: 'nodeExamined', enter: 'proving' }, because: 'it is active already' },
  { event: { type: 'cancelled' }, because: 'interrupted' },
]

/** Every way that a deployment goes from the beginning. */
export function findDeployWays(via: DeployVia): readonly Way<DeployState>[] {
  return findWays(DEPLOYMENT, [beginDeploy(via)], EVENTS)
}
