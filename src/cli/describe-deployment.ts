import { formatDuration } from '../core/index.ts'
import { bootsOverNetwork, effectsOf, viaOf } from '../metal/index.ts'
import type { DeployPlan, Ready, Stretch } from '../metal/index.ts'
import type { DeploymentReport } from '../app/metal/index.ts'
import type { Output } from './output.ts'

/** What the dry run prints. */
export function describeDeployPlan(plan: DeployPlan, ready: Ready, output: Output): string {
  const { image } = plan
  return [
    `${output.bold(image.name)} onto ${output.bold(plan.node.name)} ${wayOf(plan)}: ${plan.why}`,
    ...plan.refusedRoutes.map((one) => `  not by ${one.route}: ${one.why}`),
    `  image      ${image.reference}${image.hash === undefined ? '' : `  ${shortened(image.hash)}`}`,
    ...(isBootKnown(plan) ? [`  kernel     ${image.kernel}`, `  ramdisk    ${image.ramdisk ?? '?'}`] : []),
    ...describeArguments(plan),
    ...describeServer(plan),
    ...(plan.configDrive === undefined ? [] : [`  drive      ${shortened(plan.configDrive)}`]),
    `  ready      ${describeReady(ready)}`,
    `  deployment ${plan.id}`,
    ...plan.notes.map((note) => `${output.yellow('note')}: ${note}`),
    'what would be done:',
    ...effectsOf(viaOf(plan)).map(({ state, effect }) => `  ${state}: ${effect}`),
  ].join('\n')
}

/** `by direct`, `through Nova` */
export function wayOf({ route, server }: Pick<DeploymentReport, 'route' | 'server'>): string {
  return server === undefined ? `by ${route}` : 'through Nova'
}

function describeServer({ server }: DeployPlan): readonly string[] {
  if (server === undefined) return []
  const { flavor, networks, key } = server
  const net = typeof networks === 'string' ? networks : networks.join(', ')
  return [
    `  server     ${server.name} of Nova, flavor ${flavor.name}, networks ${net}`,
    ...(key === undefined ? [] : [`  key pair   ${key.name}`]),
  ]
}

/** Of a conductor, which makes the command line itself, only what is changed is known. */
function isBootKnown({ route, image }: DeployPlan): boolean {
  return bootsOverNetwork(route) && image.kernel !== undefined
}

function describeArguments(plan: DeployPlan): readonly string[] {
  const changed = plan.arguments.length + plan.removedArguments.length
  if (!isBootKnown(plan) && changed === 0) return []
  const width = Math.max(0, ...plan.arguments.map((one) => one.text.length))
  const shown = plan.arguments.map((one) => `    ${one.text.padEnd(width)}  ${one.origin}`)
  const removed = plan.removedArguments.map((one) => `    without ${one.text}  ${one.origin}`)
  return [`  arguments  ${plan.arguments.length === 0 ? 'none' : ''}`.trimEnd(), ...shown, ...removed]
}

function describeReady(ready: Ready): string {
  switch (ready.kind) {
    case 'ssh':
      return `when an SSH server answers at ${ready.host}, port ${ready.port}`
    case 'console':
      return `when the console (${ready.source}) says ${JSON.stringify(ready.text)}`
    case 'active':
      return 'when Ironic says active; whether the machine came up is not looked at (--ready)'
  }
}

export function describeStretch(stretch: Omit<Stretch, 'seconds'>): string {
  const { state, step, power } = stretch
  return [state, step, power].filter((part) => part !== undefined).join(', ')
}

/** The timeline with the seconds of each state, and how it ended. */
export function describeDeployment(report: DeploymentReport, output: Output): string {
  const paint = report.outcome === 'ready' ? output.green(report.outcome) : output.red(report.outcome)
  return [
    ...report.timeline.map((one) => `${one.seconds.toFixed(1).padStart(8)} s  ${describeStretch(one)}`),
    `${report.seconds.toFixed(1).padStart(8)} s  ${paint}: ${report.image.name} on ${report.node.name} ${wayOf(report)}`,
    ...(report.answer === undefined ? [] : [`            it answered: ${report.answer}`]),
    ...(report.resumedIn === undefined
      ? []
      : [`            an earlier run had begun it; this one joined in "${report.resumedIn}"`]),
    ...(report.reason === undefined
      ? []
      : [`${output.red(report.reason.code)}: ${report.reason.message}`, `remedy: ${report.reason.remedy}`]),
  ].join('\n')
}

export function describeTimeline(timeline: readonly Stretch[]): string {
  return timeline.map((one) => `${describeStretch(one)} ${formatDuration(one.seconds * 1000)}`).join(' → ')
}

/** `sha512:0123456789ab…` */
function shortened(digest: string): string {
  return digest.length > 24 ? `${digest.slice(0, 23)}…` : digest
}
