import { EXIT } from '../../core/index.ts'
import type { ExitCode } from '../../core/index.ts'
import { LABELS, breachesAtRest, runningJobs, shortId } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { loadSide, replay, settledSurvey } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { describeFindings } from '../describe.ts'
import { NODE_FLAGS, openNode } from '../node-world.ts'
import type { Output } from '../output.ts'

const WATCH_INTERVAL_MS = 2000

export const nodeStatus = command({
  path: ['node', 'status'],
  summary: 'which release runs, its services and guests, and whether anything is out of order',
  operands: '',
  count: { min: 0, max: 0 },
  flags: {
    watch: { kind: 'switch', short: 'w', help: 'again every two seconds, until interrupted', flagOnly: true },
    ...NODE_FLAGS,
    ...COMMON_FLAGS,
  },
  details: 'Exit code 0: at rest on one whole release. 7: not.',
  async run({ flags, output, signal }) {
    const world = await openNode(flags, 'read the status of the node')
    let exit = await printStatus(world, output)
    while (flags.watch && !signal.aborted) {
      await world.clock.sleep(WATCH_INTERVAL_MS, signal)
      if (!signal.aborted) exit = await printStatus(world, output)
    }
    return exit
  },
})

async function printStatus(world: NodeWorld, output: Output): Promise<ExitCode> {
  const { current, previous } = await world.state.readDeployments()
  const side = await loadSide(world.state, current?.releaseId)
  const run = replay(await world.state.readJournal())
  const places = side.libvirt === undefined ? [] : [side.libvirt]
  const helpers = side.release?.services.flatMap((service) => service.helpers) ?? []
  const question = { stopping: [], cause: 'stop', places, helpers } as const
  const { seen, domains, dissent } = await settledSurvey(world, question, side.libvirt)
  const ours = new Set(current?.services.map((service) => service.containerName))
  const known = new Set(previous?.services.map((service) => service.containerName))
  const project = seen.containers.filter(
    (container) =>
      ours.has(container.name) ||
      known.has(container.name) ||
      container.labels[LABELS.project] === current?.project,
  )
  const breaches = breachesAtRest(current, project)
  const unfinished = run !== undefined && !run.ended ? { run: run.run, state: run.state.state } : undefined
  const services = (current?.services ?? []).map((service) => {
    const container = seen.containers.find((candidate) => candidate.name === service.containerName)
    return {
      service: service.name,
      container: service.containerName,
      image: service.image,
      status: container?.status ?? 'gone',
      health: container?.health ?? 'none',
    }
  })
  const jobs = runningJobs(seen.statusFiles)
  const guests = seen.census.guests.map((guest) => ({
    name: guest.name,
    uuid: guest.uuid,
    pid: guest.identity.pid,
    state: domains?.find((domain) => domain.uuid === guest.uuid)?.state ?? 'unknown',
    runsFromRelease: guest.ownerRelease,
    witnesses: guest.witnesses,
    work: jobs.filter((job) => job.guest === guest.name).map(({ work }) => work),
  }))
  const value = {
    schema: 'anneal.status/1',
    release: current?.releaseId,
    previous: previous?.releaseId,
    project: current?.project,
    unfinished,
    services,
    guests,
    helpers: seen.census.helpers.map((helper) => ({
      kind: helper.kind,
      name: helper.name,
      pid: helper.identity.pid,
    })),
    breaches,
    findings: dissent,
  }
  output.data(value, () =>
    [
      current === undefined
        ? 'no release is deployed'
        : `${output.bold(current.project)} ${shortId(current.releaseId)}${previous === undefined ? '' : `, before it ${shortId(previous.releaseId)}`}`,
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
      ...describeFindings(dissent, output),
      ...breaches.map((breach) => `${output.red(breach.code)}: ${breach.detail}`),
    ].join('\n'),
  )
  return breaches.length === 0 && unfinished === undefined ? EXIT.ok : EXIT.attention
}
