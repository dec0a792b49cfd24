import { hostname } from 'node:os'
import { previewReplacePod, replacePod } from '../../app/node/index.ts'
import type { ReplacementPreview, ReplacementReport } from '../../app/node/index.ts'
import type { PodReplacementDocument } from '../../contract/index.ts'
import { EXIT, formatDuration } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { REPLACEMENT_STATES } from '../../node/index.ts'
import type { DaemonSetName } from '../../node/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS, DRY_RUN_FLAG } from '../common-flags.ts'
import { durationMs } from '../duration-flag.ts'
import { raise } from '../errors.ts'
import { NODE_FLAGS, nodeOptions } from '../node-flags.ts'
import type { Output } from '../output.ts'

const NAME = 'anneal node replace-pod'

const { 'engine-socket': engineSocket, state } = NODE_FLAGS

export const nodeReplacePod = command({
  path: ['node', 'replace-pod'],
  summary: 'Replace this node’s pod of a DaemonSet by one of its present template',
  operands: 'NAMESPACE/DAEMONSET',
  count: { min: 1, max: 1 },
  flags: {
    kubeconfig: {
      kind: 'text',
      placeholder: 'FILE',
      help: 'Reach the cluster by this kubeconfig',
      default: '/etc/anneal/kubeconfig',
      environment: 'KUBECONFIG',
    },
    context: { kind: 'text', placeholder: 'NAME', help: 'Use this context of the kubeconfig' },
    'node-name': {
      kind: 'text',
      placeholder: 'NAME',
      help: 'The cluster calls this machine NAME; by default its host name',
    },
    'pod-timeout': {
      kind: 'text',
      placeholder: 'TIME',
      help: 'Wait this long until the new pod is ready',
      default: '5m',
    },
    ...DRY_RUN_FLAG,
    'engine-socket': engineSocket,
    state,
    ...COMMON_FLAGS,
  },
  details:
    'For a DaemonSet whose update strategy is OnDelete and whose template was changed. The pod is deleted only where no guest would end with it. If the new pod does not become ready, or a guest is not the same process as before, the DaemonSet gets its earlier template back. A run that was interrupted is brought to rest first, and reported.\nExit codes: 0, a pod of the present template runs. 3, guests would end. 4, another check refused. 6, the earlier template runs again. 7, a person has to look.',
  async run({ flags, node, args, output, signal }) {
    const options = {
      ...nodeOptions({ ...flags, engine: 'containerd' }, node),
      daemonSet: daemonSetOf(args[0] ?? ''),
      kubeconfig: flags.kubeconfig,
      ...(flags.context === undefined ? {} : { context: flags.context }),
      nodeName: flags['node-name'] ?? hostname().toLowerCase(),
      patienceMs: durationMs(flags['pod-timeout'], 'pod-timeout', NAME),
    }
    if (flags['dry-run']) {
      tell(documentOf(await previewReplacePod(options)), output)
      return EXIT.ok
    }
    // An apiserver that is away is asked every second: once is enough to be told.
    let told = ''
    const { preview, report } = await replacePod(options, {
      signal,
      onStep({ state: at, effect, outcome, ms }) {
        const step = `  ${at}: ${effect} ${outcome}`
        if (step !== told) output.say(`${step} (${formatDuration(ms)})`)
        told = step
      },
      onRecovered: ({ run: { plan, state: end } }) =>
        output.say(
          `the replacement of ${plan.daemonSet.namespace}/${plan.daemonSet.name} that was interrupted came to rest: ${end}`,
        ),
    })
    const document = documentOf(preview, report)
    tell(document, output)
    return exitOf(document)
  },
})

/** Throws USAGE. */
function daemonSetOf(text: string): DaemonSetName {
  const [namespace = '', name = '', ...more] = text.split('/')
  if (namespace !== '' && name !== '' && more.length === 0) return { namespace, name }
  const why = `"${text}" is not NAMESPACE/DAEMONSET`
  throw raise('USAGE', { command: NAME, why, help: `${NAME} --help` })
}

function documentOf(
  { plan, isCurrent, interrupted }: ReplacementPreview,
  report?: ReplacementReport,
): PodReplacementDocument {
  const { daemonSet, node, pod, earlier, target, guests, listed } = plan
  const { run, steps = [], ended = [] } = report ?? {}
  return {
    schema: 'anneal.pod-replacement/1',
    outcome: isCurrent ? 'current' : outcomeOf(run?.state),
    daemonSet,
    node,
    pod,
    earlier,
    target,
    guests,
    listed,
    steps,
    ...(ended.length > 0 && { ended }),
    ...(interrupted && { interrupted }),
    ...(run?.reason && { reason: run.reason }),
    ...(run?.secondReason && { secondReason: run.secondReason }),
  }
}

/** A run that has ended is in a stable state. */
function outcomeOf(at: ReplacementReport['run']['state'] | undefined): PodReplacementDocument['outcome'] {
  if (at === undefined) return 'planned'
  return at === 'replaced' || at === 'unchanged' || at === 'wentBack' ? at : 'stuck'
}

function tell(document: PodReplacementDocument, output: Output): void {
  output.data(document, () => {
    const { outcome, daemonSet, node, pod, earlier, target, interrupted, reason, secondReason } = document
    const meaning =
      outcome === 'planned' || outcome === 'current' ? MEANINGS[outcome] : REPLACEMENT_STATES[outcome].meaning
    return [
      `${daemonSet.namespace}/${daemonSet.name} on ${node}: ${outcome}: ${meaning}`,
      `  pod ${pod.name}, revision ${earlier.number} (${earlier.hash}) → ${target.number} (${target.hash})`,
      ...aboutGuests(document),
      ...(interrupted === undefined
        ? []
        : [`  an earlier run of it was interrupted (${interrupted}): it would be brought to rest`]),
      ...(outcome === 'planned' && interrupted === undefined ? PROMISES : []),
      ...[reason, secondReason].flatMap((one) =>
        one === undefined ? [] : [`  ${output.red(one.code)}  ${one.message}`, `    remedy: ${one.remedy}`],
      ),
    ].join('\n')
  })
}

function aboutGuests({ outcome, guests, listed, ended = [] }: PodReplacementDocument): readonly string[] {
  const isProven = outcome === 'replaced' || outcome === 'wentBack'
  const left = guests.filter(({ uuid, pid }) => !ended.some((one) => one.uuid === uuid && one.pid === pid))
  const names = left.map((one) => `${one.name} (pid ${one.pid})`).join(', ') || 'none'
  return [
    `  guests ${isProven ? 'that are the same processes' : 'at the beginning'}: ${names}`,
    ...ended.map(({ name, pid, detail }) => `  guest ${name} (pid ${pid}) has ended meanwhile: ${detail}`),
    ...(guests.length > 0 && listed.length === 0
      ? ['  libvirt did not list them at the beginning: that it lists them afterwards is not asked']
      : []),
  ]
}

const MEANINGS = {
  planned: 'the pod would be deleted, and the DaemonSet’s controller would make another',
  current: 'its pod is of the present template already',
}

/** What holds for Docker and Podman, and not here. */
const PROMISES = [
  '  not promised for pods: the new container is made after the old one has stopped; no libvirt stands by;',
  '  the way back creates a pod; each DaemonSet is replaced by itself, not all services at once',
]

function exitOf({ outcome, reason }: PodReplacementDocument): ExitCode {
  switch (outcome) {
    case 'planned':
    case 'current':
    case 'replaced':
      return EXIT.ok
    case 'unchanged':
      return reason?.code === 'POD_GUESTS_WOULD_END' ? EXIT.endangered : EXIT.refused
    case 'wentBack':
      return EXIT.rolledBack
    case 'stuck':
      return EXIT.attention
  }
}
